#include "pipeline/base/locale.h"

static const struct chute_locale locales[] = {
    {
        .language = "en",
        .months = { "January", "February", "March", "April", "May", "June", "July", "August",
            "September", "October", "November", "December" },
        .short_months = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct",
            "Nov", "Dec" },
        .weekdays = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
            "Sunday" },
        .short_weekdays = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" },
        .halfdays = { "AM", "PM" },
        .eras = { "BC", "AD" },
    },
    {
        .language = "de",
        .months = { "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August",
            "September", "Oktober", "November", "Dezember" },
        .short_months = { "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.",
            "Okt.", "Nov.", "Dez." },
        .weekdays = { "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag",
            "Sonntag" },
        .short_weekdays = { "Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So." },
        .halfdays = { "AM", "PM" },
        .eras = { "v. Chr.", "n. Chr." },
    },
    {
        .language = "fr",
        .months = { "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août",
            "septembre", "octobre", "novembre", "décembre" },
        .short_months = { "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.",
            "oct.", "nov.", "déc." },
        .weekdays = { "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche" },
        .short_weekdays = { "lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim." },
        .halfdays = { "AM", "PM" },
        .eras = { "av. J.-C.", "ap. J.-C." },
    },
    {
        .language = "es",
        .months = { "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
            "septiembre", "octubre", "noviembre", "diciembre" },
        .short_months = { "ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct",
            "nov", "dic" },
        .weekdays = { "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo" },
        .short_weekdays = { "lun", "mar", "mié", "jue", "vie", "sáb", "dom" },
        .halfdays = { "a. m.", "p. m." },
        .eras = { "a. C.", "d. C." },
    },
    {
        .language = "it",
        .months = { "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio",
            "agosto", "settembre", "ottobre", "novembre", "dicembre" },
        .short_months = { "gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott",
            "nov", "dic" },
        .weekdays = { "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato",
            "domenica" },
        .short_weekdays = { "lun", "mar", "mer", "gio", "ven", "sab", "dom" },
        .halfdays = { "AM", "PM" },
        .eras = { "a.C.", "d.C." },
    },
    {
        .language = "pt",
        .months = { "janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto",
            "setembro", "outubro", "novembro", "dezembro" },
        .short_months = { "jan.", "fev.", "mar.", "abr.", "mai.", "jun.", "jul.", "ago.", "set.",
            "out.", "nov.", "dez." },
        .weekdays = { "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira",
            "sábado", "domingo" },
        .short_weekdays = { "seg.", "ter.", "qua.", "qui.", "sex.", "sáb.", "dom." },
        .halfdays = { "AM", "PM" },
        .eras = { "a.C.", "d.C." },
    },
    {
        .language = "nl",
        .months = { "januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
            "september", "oktober", "november", "december" },
        .short_months = { "jan.", "feb.", "mrt.", "apr.", "mei", "jun.", "jul.", "aug.", "sep.",
            "okt.", "nov.", "dec." },
        .weekdays = { "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag",
            "zondag" },
        .short_weekdays = { "ma", "di", "wo", "do", "vr", "za", "zo" },
        .halfdays = { "a.m.", "p.m." },
        .eras = { "v.Chr.", "n.Chr." },
    },
};

const struct chute_locale *chute_locale_default(void) {
    return &locales[0];
}

const struct chute_locale *chute_locale_find(struct chute_str tag) {
    size_t len = 0;
    while (len < tag.len && tag.at[len] != '-' && tag.at[len] != '_' && tag.at[len] != '.') {
        len++;
    }
    for (size_t i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
        if (chute_str_eq_nocase(
                (struct chute_str){ tag.at, len }, chute_str_of(locales[i].language))) {
            return &locales[i];
        }
    }
    return NULL;
}

/* Folds ASCII, and after 0xC3 the letters of Latin 1 (À…Þ, but not ×): all that the names hold. */
static unsigned char fold(unsigned char byte, unsigned char before) {
    bool is_upper = (byte >= 'A' && byte <= 'Z') ||
                    (before == 0xc3 && byte >= 0x80 && byte <= 0x9e && byte != 0x97);
    return is_upper ? byte | 0x20 : byte;
}

/* Bytes of `name`, its last dot left out where the text lacks it, that start `text`; 0: others do. */
static size_t match_name(struct chute_str text, const char *name) {
    unsigned char text_before = 0;
    unsigned char name_before = 0;
    size_t len = 0;
    for (; name[len] != '\0'; len++) {
        unsigned char in_name = (unsigned char)name[len];
        unsigned char in_text = len < text.len ? (unsigned char)text.at[len] : 0;
        if (fold(in_text, text_before) != fold(in_name, name_before)) {
            return in_name == '.' && name[len + 1] == '\0' ? len : 0;
        }
        text_before = in_text;
        name_before = in_name;
    }
    return len;
}

size_t chute_locale_match(struct chute_str text, const char *const *names, int count, int *index) {
    size_t best = 0;
    unsigned char first = text.len > 0 ? fold((unsigned char)*text.at, 0) : 0;
    for (int i = 0; i < count; i++) {
        if (fold((unsigned char)*names[i], 0) != first) {
            continue;
        }
        size_t len = match_name(text, names[i]);
        if (len > best) {
            best = len;
            *index = i;
        }
    }
    return best;
}
