#include "pipeline/base/charset.h"

#include <errno.h>
#include <iconv.h>

#include "pipeline/base/alloc.h"
#include "pipeline/base/buf.h"
#include "pipeline/base/utf8.h"

/* Each of Ruby's names, what iconv calls it, and the bytes of its code unit. Without a name for
 * iconv: 0 is UTF-8 itself, 1 is ASCII, in which every high byte is undefined. */
// clang-format off
#define CHARSETS(X) \
    X("UTF-8", NULL, 0) X("ASCII-8BIT", NULL, 1) X("BINARY", NULL, 1) X("US-ASCII", NULL, 1) \
    X("ASCII", NULL, 1) X("ANSI_X3.4-1968", NULL, 1) X("646", NULL, 1) X("CP65001", NULL, 0) \
    X("UTF8-MAC", NULL, 0) X("UTF-8-MAC", NULL, 0) X("UTF-8-HFS", NULL, 0) \
    X("Big5", "BIG5", 1) X("CP950", "CP950", 1) X("Big5-HKSCS", "BIG5-HKSCS", 1) \
    X("Big5-HKSCS:2008", "BIG5-HKSCS", 1) X("CP951", "BIG5-HKSCS", 1) X("CP949", "CP949", 1) \
    X("EUC-JP", "EUC-JP", 1) X("eucJP", "EUC-JP", 1) X("eucJP-ms", "EUC-JP-MS", 1) \
    X("euc-jp-ms", "EUC-JP-MS", 1) X("CP51932", "EUC-JP-MS", 1) \
    X("EUC-JIS-2004", "EUC-JISX0213", 1) X("EUC-JISX0213", "EUC-JISX0213", 1) \
    X("EUC-KR", "EUC-KR", 1) X("eucKR", "EUC-KR", 1) X("EUC-TW", "EUC-TW", 1) \
    X("eucTW", "EUC-TW", 1) X("GB2312", "GB2312", 1) X("EUC-CN", "GB2312", 1) \
    X("eucCN", "GB2312", 1) X("GB18030", "GB18030", 1) X("GBK", "GBK", 1) \
    X("CP936", "GBK", 1) X("ISO-8859-1", "ISO-8859-1", 1) X("ISO-8859-2", "ISO-8859-2", 1) \
    X("ISO-8859-3", "ISO-8859-3", 1) X("ISO-8859-4", "ISO-8859-4", 1) \
    X("ISO-8859-5", "ISO-8859-5", 1) X("ISO-8859-6", "ISO-8859-6", 1) \
    X("ISO-8859-7", "ISO-8859-7", 1) X("ISO-8859-8", "ISO-8859-8", 1) \
    X("ISO-8859-9", "ISO-8859-9", 1) X("ISO-8859-10", "ISO-8859-10", 1) \
    X("ISO-8859-11", "ISO-8859-11", 1) X("ISO-8859-13", "ISO-8859-13", 1) \
    X("ISO-8859-14", "ISO-8859-14", 1) X("ISO-8859-15", "ISO-8859-15", 1) \
    X("ISO-8859-16", "ISO-8859-16", 1) X("KOI8-R", "KOI8-R", 1) X("CP878", "KOI8-R", 1) \
    X("KOI8-U", "KOI8-U", 1) X("Shift_JIS", "SHIFT_JIS", 1) X("Windows-31J", "CP932", 1) \
    X("CP932", "CP932", 1) X("csWindows31J", "CP932", 1) X("SJIS", "CP932", 1) \
    X("PCK", "CP932", 1) X("UTF-16BE", "UTF-16BE", 2) X("UCS-2BE", "UTF-16BE", 2) \
    X("UTF-16LE", "UTF-16LE", 2) X("UTF-16", "UTF-16", 2) X("UTF-32BE", "UTF-32BE", 4) \
    X("UCS-4BE", "UTF-32BE", 4) X("UTF-32LE", "UTF-32LE", 4) X("UCS-4LE", "UTF-32LE", 4) \
    X("UTF-32", "UTF-32", 4) X("UTF-7", "UTF-7", 1) X("CP65000", "UTF-7", 1) \
    X("Windows-1250", "CP1250", 1) X("CP1250", "CP1250", 1) X("Windows-1251", "CP1251", 1) \
    X("CP1251", "CP1251", 1) X("Windows-1252", "CP1252", 1) X("CP1252", "CP1252", 1) \
    X("Windows-1253", "CP1253", 1) X("CP1253", "CP1253", 1) X("Windows-1254", "CP1254", 1) \
    X("CP1254", "CP1254", 1) X("Windows-1255", "CP1255", 1) X("CP1255", "CP1255", 1) \
    X("Windows-1256", "CP1256", 1) X("CP1256", "CP1256", 1) X("Windows-1257", "CP1257", 1) \
    X("CP1257", "CP1257", 1) X("Windows-1258", "CP1258", 1) X("CP1258", "CP1258", 1) \
    X("Windows-874", "CP874", 1) X("CP874", "CP874", 1) X("IBM437", "IBM437", 1) \
    X("CP437", "IBM437", 1) X("IBM737", "CP737", 1) X("CP737", "CP737", 1) \
    X("IBM775", "CP775", 1) X("CP775", "CP775", 1) X("CP850", "IBM850", 1) \
    X("IBM850", "IBM850", 1) X("CP852", "IBM852", 1) X("IBM852", "IBM852", 1) \
    X("CP855", "IBM855", 1) X("IBM855", "IBM855", 1) X("CP857", "IBM857", 1) \
    X("IBM857", "IBM857", 1) X("CP860", "IBM860", 1) X("IBM860", "IBM860", 1) \
    X("CP861", "IBM861", 1) X("IBM861", "IBM861", 1) X("CP862", "IBM862", 1) \
    X("IBM862", "IBM862", 1) X("CP863", "IBM863", 1) X("IBM863", "IBM863", 1) \
    X("CP864", "IBM864", 1) X("IBM864", "IBM864", 1) X("CP865", "IBM865", 1) \
    X("IBM865", "IBM865", 1) X("CP866", "IBM866", 1) X("IBM866", "IBM866", 1) \
    X("CP869", "IBM869", 1) X("IBM869", "IBM869", 1) X("IBM037", "IBM037", 1) \
    X("ebcdic-cp-us", "IBM037", 1) X("GB1988", "GB_1988-80", 1) \
    X("macCentEuro", "MAC-CENTRALEUROPE", 1) X("macCyrillic", "MAC-CYRILLIC", 1) \
    X("macIceland", "MAC-IS", 1) X("macRoman", "MACINTOSH", 1) X("macUkraine", "MAC-UK", 1) \
    X("TIS-620", "TIS-620", 1) X("ISO-2022-JP", "ISO-2022-JP", 1) \
    X("ISO2022-JP", "ISO-2022-JP", 1) X("ISO-2022-JP-2", "ISO-2022-JP-2", 1) \
    X("ISO2022-JP2", "ISO-2022-JP-2", 1) X("CP50220", "ISO-2022-JP", 1) \
    X("CP50221", "ISO-2022-JP", 1) X("ISO8859-1", "ISO-8859-1", 1) \
    X("ISO8859-2", "ISO-8859-2", 1) X("ISO8859-3", "ISO-8859-3", 1) \
    X("ISO8859-4", "ISO-8859-4", 1) X("ISO8859-5", "ISO-8859-5", 1) \
    X("ISO8859-6", "ISO-8859-6", 1) X("ISO8859-7", "ISO-8859-7", 1) \
    X("ISO8859-8", "ISO-8859-8", 1) X("ISO8859-9", "ISO-8859-9", 1) \
    X("ISO8859-10", "ISO-8859-10", 1) X("ISO8859-11", "ISO-8859-11", 1) \
    X("ISO8859-13", "ISO-8859-13", 1) X("ISO8859-14", "ISO-8859-14", 1) \
    X("ISO8859-15", "ISO-8859-15", 1) X("ISO8859-16", "ISO-8859-16", 1)
// clang-format on

static const struct row {
    const char *name;
    const char *iconv_name;
    size_t unit;
} rows[] = {
#define ROW(name, iconv_name, unit) { name, iconv_name, unit },
    CHARSETS(ROW)
};

static const char *const names[] = {
#define NAME(name, iconv_name, unit) name,
    CHARSETS(NAME) NULL
};

struct chute_charset {
    const struct row *row;
    iconv_t converter; /* if row->iconv_name is set */
    struct chute_buf out;
};

const char *const *chute_charset_names(void) {
    return names;
}

static const struct row *find_row(struct chute_str name) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (chute_str_eq_nocase(name, chute_str_of(rows[i].name))) {
            return &rows[i];
        }
    }
    return NULL;
}

bool chute_charset_is_known(struct chute_str name) {
    return find_row(name) != NULL;
}

struct chute_charset *chute_charset_create(struct chute_str name) {
    const struct row *row = find_row(name);
    if (row == NULL) {
        return NULL;
    }
    struct chute_charset *charset = chute_calloc(1, sizeof(*charset));
    charset->row = row;
    if (row->iconv_name != NULL) {
        charset->converter = iconv_open("UTF-8", row->iconv_name);
        if (charset->converter == (iconv_t)-1) {
            chute_free(charset);
            return NULL;
        }
    }
    return charset;
}

void chute_charset_destroy(struct chute_charset *charset) {
    if (charset == NULL) {
        return;
    }
    if (charset->row->iconv_name != NULL) {
        iconv_close(charset->converter);
    }
    chute_buf_finish(&charset->out);
    chute_free(charset);
}

static struct chute_str decode_bytes(struct chute_arena *arena, struct chute_str text) {
    size_t plain = chute_utf8_ascii_prefix(text);
    if (plain == text.len) {
        return text;
    }
    size_t size = plain + (text.len - plain) * 3;
    char *out = chute_arena_get(arena, size);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.at[i] < 0x80) {
            out[len++] = text.at[i];
        } else {
            len += chute_utf8_encode(CHUTE_UTF8_REPLACEMENT, out + len);
        }
    }
    chute_arena_trim(arena, out, size, len);
    return (struct chute_str){ out, len };
}

/* Steps over one unit that cannot be decoded, or over what is left of it. */
static void skip_bad(struct chute_charset *charset, char **in, size_t *left) {
    size_t unit = charset->row->unit < *left ? charset->row->unit : *left;
    *in += unit;
    *left -= unit;
    char replacement[4];
    chute_buf_add(
        &charset->out, replacement, chute_utf8_encode(CHUTE_UTF8_REPLACEMENT, replacement));
}

static struct chute_str decode_iconv(
    struct chute_charset *charset, struct chute_arena *arena, struct chute_str text) {
    struct chute_buf *buf = &charset->out;
    char *in = (char *)(uintptr_t)text.at; /* iconv only reads it */
    size_t left = text.len;
    buf->len = 0;
    iconv(
        charset->converter, NULL, NULL, NULL, NULL); /* every message starts in the initial state */
    while (left > 0) {
        char *out = chute_buf_reserve(buf, left + 64);
        size_t room = buf->size - buf->len;
        size_t rc = iconv(charset->converter, &in, &left, &out, &room);
        int error = errno;
        buf->len = buf->size - room;
        if (rc == (size_t)-1 && error != E2BIG) {
            skip_bad(charset, &in, &left); /* EILSEQ, or EINVAL: cut off at the end */
        }
    }
    /* Some converters hold the last character back until they are told that it is the last. */
    char *out = chute_buf_reserve(buf, 64);
    size_t room = buf->size - buf->len;
    iconv(charset->converter, NULL, NULL, &out, &room);
    buf->len = buf->size - room;
    return chute_arena_copy(arena, chute_buf_str(buf));
}

struct chute_str chute_charset_decode(
    struct chute_charset *charset, struct chute_arena *arena, struct chute_str text) {
    if (charset != NULL && charset->row->iconv_name != NULL) {
        return decode_iconv(charset, arena, text);
    }
    if (charset != NULL && charset->row->unit == 1) {
        return decode_bytes(arena, text);
    }
    return chute_utf8_is_valid(text) ? text : chute_utf8_inspect(arena, text);
}
