# SPDX-License-Identifier: MIT
"""The test bed: real programs on loopback, each in a folder of its own."""
