# SPDX-License-Identifier: MIT
"""What can go wrong. Each is a function of the site: it breaks something and
returns what mends it again (None: nothing to mend)."""
import os
import signal


def consul_is_restarted(site):
    site.consul.stop()
    site.consul.start()


def consul_is_killed(site):
    site.consul.kill()
    return site.consul.start


def consul_hangs(site):
    site.consul.pause()
    return site.consul.resume


def _wire(mode):
    def fault(site):
        site.wire.set(mode)
        return lambda: site.wire.set("well")
    fault.__name__ = f"wire_{mode}"
    return fault


def weir_is_killed(site):
    site.weir.kill()
    site.weir.start()


def weir_is_stopped(site):
    site.weir.stop()
    return site.weir.start


def weir_hangs(site):
    site.weir.pause()
    return site.weir.resume


def haproxy_is_killed(site):
    """Everything of it, at once; its keeper starts it again."""
    close = site.load.excuse()
    pids = [pid for kind, pid, _ in site.proxy.processes()]
    site.proxy.kill()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    site.proxy.start()
    close()


def haproxy_is_reloaded_by_hand(site):
    site.proxy.reload()


def a_weight_is_set_by_hand(site):
    name = site.rng.choice(sorted(site.expected()))
    site.proxy.cli(f"set server {name} weight 7")


def a_server_is_moved_by_hand(site):
    """To the port of another of its backend, so that no request is lost."""
    name = site.rng.choice(sorted(site.live))
    ids = sorted(site.live[name])
    if len(ids) > 1:
        port = site.live[name][ids[1]].port
        site.proxy.cli(
            f"set server {name}/{ids[0]} addr 127.0.0.1 port {port}")


def the_template_is_bad(site):
    site.write_template("{{range service")
    return site.write_template


def the_result_is_invalid(site):
    site.write_template("\n\tserver without-an-address\n")
    return site.write_template


def the_configuration_is_bad(site):
    site.weir.configure({"guard": {"max_removd": "1%"}})
    site.weir.reload()

    def mend():
        del site.weir.sections["guard"]["max_removd"]
        site.weir.configure({})
        site.weir.reload()
    return mend


def a_service_is_wiped(site):
    """All instances leave the catalog at once, and go on answering."""
    name = site.rng.choice(sorted(site.live))
    for sid in site.live[name]:
        site.consul.deregister(node=f"node-{sid}")

    def mend():
        for sid in site.live[name]:
            site.register(name, sid)
    return mend


def a_tag_smuggles(site):
    name = site.rng.choice(sorted(site.live))
    sid = site.rng.choice(sorted(site.live[name]))
    site.register(name, sid, tags=["x\n\tserver evil 127.0.0.1:1\n#"])

    def mend():
        if sid in site.live[name]:  # it may have left meanwhile
            site.register(name, sid)
    return mend


def a_server_dies(site):
    """It refuses connections first and leaves the catalog later."""
    name = site.rng.choice(sorted(site.live))
    if len(site.live[name]) < 3:
        site.join(name)
        return None
    sid = site.rng.choice(sorted(site.live[name]))
    site.live[name].pop(sid).stop()
    return lambda: site.consul.deregister(node=f"node-{sid}")


def instances_come_and_go(site):
    for name in site.live:
        if len(site.live[name]) > 4:
            site.leave(name)
        elif len(site.live[name]) < 3 or site.rng.random() < 0.5:
            site.join(name)
        else:
            site.leave(name)


ALL = [consul_is_restarted, consul_is_killed, consul_hangs, _wire("hole"),
       _wire("reset"), _wire("slow"), _wire("cut"), weir_is_killed,
       weir_is_stopped, weir_hangs, haproxy_is_killed,
       haproxy_is_reloaded_by_hand, a_weight_is_set_by_hand,
       a_server_is_moved_by_hand, the_template_is_bad, the_result_is_invalid,
       the_configuration_is_bad, a_service_is_wiped, a_tag_smuggles,
       a_server_dies, instances_come_and_go, instances_come_and_go,
       instances_come_and_go]

# Those that a Consul must be there for, and those that take it away.
NEED_CONSUL = {a_service_is_wiped, a_tag_smuggles, a_server_dies,
               instances_come_and_go}
TAKE_CONSUL = {consul_is_killed, consul_hangs}


def go_together(a, b):
    """Two at once: of different kinds, and both possible."""
    both = {a, b}
    if both & NEED_CONSUL and both & TAKE_CONSUL:
        return False
    return a.__name__.split("_")[:2] != b.__name__.split("_")[:2]
