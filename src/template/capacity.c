/* SPDX-License-Identifier: MIT */
/*
 * Go 1.26's growslice on 64 bits: twice the room, from 256 elements on less,
 * rounded up to what the allocator has. Memory with pointers in it has a header
 * from 512 bytes on.
 */
#include "capacity.h"

#define DOUBLED 256 /* elements up to which the room doubles */
#define HEADER  8   /* bytes */
#define PLAIN   512 /* bytes that need no header */
/* Bytes, the header included, from which on room is rounded to pages. */
#define LARGE 32768
#define PAGE  8192

static const uint16_t classes[] = {8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 144,
    160, 176, 192, 208, 224, 240, 256, 288, 320, 352, 384, 416, 448, 480, 512,
    576, 640, 704, 768, 896, 1024, 1152, 1280, 1408, 1536, 1792, 2048, 2304,
    2688, 3072, 3200, 3456, 4096, 4864, 5376, 6144, 6528, 6784, 6912, 8192,
    9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480,
    21760, 24576, 27264, 28672, 32768};

static size_t
round_up(size_t bytes, bool pointers)
{
	size_t header = pointers && bytes > PLAIN ? HEADER : 0;

	if (bytes > LARGE - HEADER)
		return (bytes + PAGE - 1) / PAGE * PAGE;
	for (size_t i = 0;; i++)
		if (classes[i] >= bytes + header)
			return classes[i] - header;
}

/* Bytes of an element of Go's. */
static size_t
element_size(const struct type *elem)
{
	switch (elem->kind) {
	case KIND_SLICE:
		return 24;
	case KIND_STRING:
	case KIND_INTERFACE:
		return 16;
	case KIND_BOOL:
	case KIND_UINT8:
		return 1;
	default:
		return 8;
	}
}

size_t
capacity_append(const struct type *type, size_t room, size_t count)
{
	enum kind kind = type->elem->kind;
	size_t each = element_size(type->elem), wanted = room;

	if (count <= room)
		return room;
	if (count > 2 * room)
		wanted = count;
	else if (room < DOUBLED)
		wanted = 2 * room;
	while (wanted < count)
		wanted += (wanted + 3 * (size_t)DOUBLED) / 4;
	return round_up(
		   wanted * each, !kind_is_int(kind) && !kind_is_uint(kind)) /
	       each;
}

size_t
capacity_grown(const struct type *type, size_t room, size_t count)
{
	while (room < count)
		room = capacity_append(type, room, room + 1);
	return room;
}
