/* SPDX-License-Identifier: MIT */
/*
 * Unicode classes by the names that Go knows since 1.25: any case, blanks, _
 * and - left out, the long names of categories, and some that RE2 does not have
 * or has otherwise. What RE2 knows too goes on in RE2's spelling; the rest is
 * written out as what a class may hold.
 */
#include "regex_class.h"

#include <utf8proc.h>

#define LAST_RUNE 0x10ffffu

/* Categories and scripts, as RE2 spells them. Scripts of two words (Old_Italic)
 * are not here: Go 1.26 finds none of them. */
static const char *const names[] = {
    "Any",
    "Cc",
    "Cf",
    "Co",
    "Cs",
    "L",
    "Ll",
    "Lm",
    "Lo",
    "Lt",
    "Lu",
    "M",
    "Mc",
    "Me",
    "Mn",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Pe",
    "Pf",
    "Pi",
    "Po",
    "Ps",
    "S",
    "Sc",
    "Sk",
    "Sm",
    "So",
    "Z",
    "Zl",
    "Zp",
    "Zs",
    "Adlam",
    "Ahom",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Carian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dogra",
    "Duployan",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Inherited",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kharoshthi",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Medefaidrin",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nandinagari",
    "Newa",
    "Nko",
    "Nushu",
    "Ogham",
    "Oriya",
    "Osage",
    "Osmanya",
    "Palmyrene",
    "Phoenician",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "Sinhala",
    "Sogdian",
    "Soyombo",
    "Sundanese",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Yezidi",
    "Yi",
};

/* The long names. */
static const struct {
	const char *name, *category;
} aliases[] = {
    {"Cased_Letter", "LC"},
    {"Close_Punctuation", "Pe"},
    {"Combining_Mark", "M"},
    {"Connector_Punctuation", "Pc"},
    {"Control", "Cc"},
    {"Currency_Symbol", "Sc"},
    {"Dash_Punctuation", "Pd"},
    {"Decimal_Number", "Nd"},
    {"Enclosing_Mark", "Me"},
    {"Final_Punctuation", "Pf"},
    {"Format", "Cf"},
    {"Initial_Punctuation", "Pi"},
    {"Letter", "L"},
    {"Letter_Number", "Nl"},
    {"Line_Separator", "Zl"},
    {"Lowercase_Letter", "Ll"},
    {"Mark", "M"},
    {"Math_Symbol", "Sm"},
    {"Modifier_Letter", "Lm"},
    {"Modifier_Symbol", "Sk"},
    {"Nonspacing_Mark", "Mn"},
    {"Number", "N"},
    {"Open_Punctuation", "Ps"},
    {"Other", "C"},
    {"Other_Letter", "Lo"},
    {"Other_Number", "No"},
    {"Other_Punctuation", "Po"},
    {"Other_Symbol", "So"},
    {"Paragraph_Separator", "Zp"},
    {"Private_Use", "Co"},
    {"Punctuation", "P"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Spacing_Mark", "Mc"},
    {"Surrogate", "Cs"},
    {"Symbol", "S"},
    {"Titlecase_Letter", "Lt"},
    {"Unassigned", "Cn"},
    {"Uppercase_Letter", "Lu"},
    {"cntrl", "Cc"},
    {"digit", "Nd"},
    {"punct", "P"},
};

/* Those that RE2 has not, and C, which in RE2 lacks Cn: what a class holds for
 * them and for all others. @ stands for Cn, which Unicode does not list. */
static const struct {
	const char *name, *in, *out;
} written[] = {
    {"ASCII", "\\x00-\\x7F", "\\x{80}-\\x{10FFFF}"},
    {"Assigned", "\\pL\\pM\\pN\\pP\\pS\\pZ\\pC", "@"},
    {"C", "\\pC@", "\\pL\\pM\\pN\\pP\\pS\\pZ"},
    {"Cn", "@", "\\pL\\pM\\pN\\pP\\pS\\pZ\\pC"},
    {"LC", "\\p{Lu}\\p{Ll}\\p{Lt}", "\\p{Lm}\\p{Lo}\\pM\\pN\\pP\\pS\\pZ\\pC@"},
};

static bool
is_joiner(char c)
{
	return c == ' ' || c == '_' || c == '-';
}

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Equal but for case and joiners? */
static bool
is_called(struct str s, const char *name)
{
	for (size_t i = 0;; i++) {
		while (is_joiner(*name))
			name++;
		while (i < s.len && is_joiner(s.ptr[i]))
			i++;
		if (i == s.len || !*name)
			return i == s.len && !*name;
		if (fold(s.ptr[i]) != fold(*name++))
			return false;
	}
}

static bool
is_unassigned(uint32_t rune)
{
	return rune <= LAST_RUNE && utf8proc_category((utf8proc_int32_t)rune) ==
					UTF8PROC_CATEGORY_CN;
}

/* The ranges of what is not assigned: looked up once, for all patterns. */
static struct str
unassigned(void)
{
	static struct buf ranges;

	if (ranges.len > 0)
		return buf_as_str(&ranges);
	for (uint32_t rune = 0, first; rune <= LAST_RUNE; rune++) {
		if (!is_unassigned(rune))
			continue;
		first = rune;
		while (is_unassigned(rune + 1))
			rune++;
		buf_printf(&ranges, "\\x{%X}-\\x{%X}", (unsigned)first,
		    (unsigned)rune);
	}
	return buf_as_str(&ranges);
}

static void
put_written(struct buf *out, const char *body, bool in_class)
{
	if (!in_class)
		buf_char(out, '[');
	for (; *body; body++) {
		if (*body == '@')
			buf_str(out, unassigned());
		else
			buf_char(out, *body);
	}
	if (!in_class)
		buf_char(out, ']');
}

bool
regex_class_put(struct buf *out, struct str name, bool negated, bool in_class)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(*aliases); i++)
		if (is_called(name, aliases[i].name)) {
			name = str_of(aliases[i].category);
			break;
		}
	for (size_t i = 0; i < sizeof(written) / sizeof(*written); i++)
		if (is_called(name, written[i].name)) {
			put_written(out,
			    negated ? written[i].out : written[i].in, in_class);
			return true;
		}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (is_called(name, names[i])) {
			buf_printf(
			    out, "\\%c{%s}", negated ? 'P' : 'p', names[i]);
			return true;
		}
	return false;
}
