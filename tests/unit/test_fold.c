/* The ASCII form of a text, as its language writes itself without its own letters. */
#include "catalog/fold.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The ASCII form, "none" where the language has none. */
static const char *
folded(const char *language, const char *text)
{
	static char out[2000];
	struct tag tag;
	cr_assert(tag_parse(&tag, language, strlen(language)));
	long octets = fold_ascii(&tag, text, strlen(text), out, sizeof(out) - 1);
	if (octets < 0)
		return "none";
	out[octets] = '\0';
	for (const char *c = out; *c != '\0'; c++)
		cr_expect(*c == '\n' || (*c >= 0x20 && *c <= 0x7E));
	return out;
}

Test(fold, leaves_ascii_as_it_is)
{
	cr_expect_str_eq(folded("de", "Postfach voll; (siehe <a@b>)"), "Postfach voll; (siehe <a@b>)");
	cr_expect_str_eq(folded("ru", "Ok"), "Ok");
	cr_expect_str_eq(folded("de", "a\nb"), "a\nb");
	cr_expect_str_eq(folded("de", ""), "");
}

Test(fold, spells_german_umlauts)
{
	cr_expect_str_eq(folded("de", "Empfänger ungültig, größer, böse"), "Empfaenger ungueltig, groesser, boese");
	cr_expect_str_eq(folded("de_AT", "Übertragungskanal, Öl, Ärger"), "Uebertragungskanal, Oel, Aerger");
	cr_expect_str_eq(folded("de", "ÄRGER"), "AERGER");
	cr_expect_str_eq(folded("de", "Ä"), "Ae");
	cr_expect_str_eq(folded("de", "ÜÖ"), "UEOE");
	cr_expect_str_eq(folded("de", "STRASSE, STRAẞE, Straße"), "STRASSE, STRASSE, Strasse");
}

Test(fold, writes_a_word_in_capitals_in_capitals)
{
	cr_expect_str_eq(folded("de", "MENÜ VOLL"), "MENUE VOLL");
	cr_expect_str_eq(folded("de", "MENÜ"), "MENUE");
	cr_expect_str_eq(folded("da", "FÅ, SÅ!"), "FAA, SAA!");
	cr_expect_str_eq(folded("da", "Å, Ål"), "Aa, Aal");
	cr_expect_str_eq(folded("de", "eÄ, xÄx"), "eAe, xAex");
}

Test(fold, knows_decomposed_letters)
{
	cr_expect_str_eq(folded("de", "Empfa\xCC\x88nger"), "Empfaenger");
	cr_expect_str_eq(folded("de", "A\xCC\x88RGER"), "AERGER");
	cr_expect_str_eq(folded("da", "a\xCC\x8A"), "aa");
	cr_expect_str_eq(folded("fr", "e\xCC\x81t\xC3\xA9"), "ete");
	cr_expect_str_eq(folded("vi", "o\xCC\x9B\xCC\x81"), "o");
}

Test(fold, spells_danish_and_norwegian)
{
	cr_expect_str_eq(folded("da", "Åben, på, Øl, søn, æble"), "Aaben, paa, Oel, soen, aeble");
	cr_expect_str_eq(folded("nb", "på øya"), "paa oeya");
	cr_expect_str_eq(folded("nn", "på øya"), "paa oeya");
	cr_expect_str_eq(folded("no", "på øya"), "paa oeya");
	cr_expect_str_eq(folded("sv", "på ön, är"), "pa on, ar");
	cr_expect_str_eq(folded("fi", "yö, älä"), "yo, ala");
	cr_expect_str_eq(folded("en", "naïve Ångström"), "naive Angstrom");
}

Test(fold, spells_letters_that_do_not_decompose)
{
	cr_expect_str_eq(folded("pl", "Łódź, łąka, ŻÓŁĆ"), "Lodz, laka, ZOLC");
	cr_expect_str_eq(folded("hr", "Đorđe, ĐAK"), "Djordje, DJAK");
	cr_expect_str_eq(folded("vi", "Địa chỉ, đã ĐẦY"), "Dia chi, da DAY");
	cr_expect_str_eq(folded("is", "Það, Þór, ð"), "Thad, Thor, d");
	cr_expect_str_eq(folded("mt", "ħ Ħ"), "h H");
	cr_expect_str_eq(folded("tr", "Işık, İstanbul, ığ"), "Isik, Istanbul, ig");
	cr_expect_str_eq(folded("fr", "œuvre, Œuvre, ŒUVRE, æ"), "oeuvre, Oeuvre, OEUVRE, ae");
	cr_expect_str_eq(folded("az", "ə Ə"), "e E");
	cr_expect_str_eq(folded("ca", "col·lecció"), "col.leccio");
}

Test(fold, spells_latin_letters_with_marks)
{
	cr_expect_str_eq(folded("fr", "Boîte à lettres désactivée, ça, où"), "Boite a lettres desactivee, ca, ou");
	cr_expect_str_eq(folded("cs", "Příliš žluťoučký kůň"), "Prilis zlutoucky kun");
	cr_expect_str_eq(folded("hu", "Árvíztűrő tükörfúrógép"), "Arvizturo tukorfurogep");
	cr_expect_str_eq(folded("ro", "ștergere, țară"), "stergere, tara");
	cr_expect_str_eq(folded("es", "¿Señor? ¡No!"), "Senor? No!");
	cr_expect_str_eq(folded("pt", "não, ações, 1ª, 2º"), "nao, acoes, 1a, 2o");
	cr_expect_str_eq(folded("vi", "Hộp thư đầy"), "Hop thu day");
	cr_expect_str_eq(folded("cy", "ŵ ŷ"), "w y");
}

Test(fold, spells_french_spaces_and_quotes)
{
	cr_expect_str_eq(folded("fr", "« mot »"), "\" mot \"");
	cr_expect_str_eq(folded("fr", "Erreur\xE2\x80\xAF: l’adresse\xC2\xA0!"), "Erreur : l'adresse !");
	cr_expect_str_eq(folded("fr", "‹\xE2\x80\x89x\xE2\x80\x89›"), "' x '");
}

/* What people of each language write where they have only ASCII. */
Test(fold, spells_each_shipped_language_as_its_people_do)
{
	static const struct {
		const char *language, *text, *ascii;
	} languages[] = {
		{ "ca", "La bústia és plena; no s’ha pogut lliurar", "La bustia es plena; no s'ha pogut lliurar" },
		{ "cs", "Schránka je plná, zkuste to později", "Schranka je plna, zkuste to pozdeji" },
		{ "da", "Postkassen er fuld; prøv igen på et senere tidspunkt, både ÆØÅ",
		    "Postkassen er fuld; proev igen paa et senere tidspunkt, baade AEOEAA" },
		{ "de", "Das Postfach enthält zu große Anhänge", "Das Postfach enthaelt zu grosse Anhaenge" },
		{ "es", "¿Buzón lleno? Inténtelo mañana", "Buzon lleno? Intentelo manana" },
		{ "et", "Postkast on täis, proovige õhtul, šokk ja žest",
		    "Postkast on tais, proovige ohtul, sokk ja zest" },
		{ "eu", "Postontzia beteta dago", "Postontzia beteta dago" },
		{ "fi", "Postilaatikko on täynnä, yritä myöhemmin", "Postilaatikko on taynna, yrita myohemmin" },
		{ "fr",
		    "Boîte pleine : œuvre n° 5, «\xC2\xA0"
		    "déjà reçu\xC2\xA0»",
		    "Boite pleine : oeuvre n 5, \"deja recu\"" },
		{ "hr", "Sandučić je pun, pošaljite kasnije, među", "Sanducic je pun, posaljite kasnije, medju" },
		{ "hu", "A postafiók megtelt, próbálja később újra", "A postafiok megtelt, probalja kesobb ujra" },
		{ "it", "La casella è piena: perché? Più tardi sarà libera. È così, élite",
		    "La casella e' piena: perche'? Piu' tardi sara' libera. E' cosi', elite" },
		{ "lt", "Pašto dėžutė pilna, bandykite vėliau", "Pasto dezute pilna, bandykite veliau" },
		{ "lv", "Pastkaste ir pilna, mēģiniet vēlāk, ķļņ", "Pastkaste ir pilna, meginiet velak, kln" },
		{ "nb", "Postkassen er full; prøv på nytt, både ÆØÅ",
		    "Postkassen er full; proev paa nytt, baade AEOEAA" },
		{ "nl", "Mailbox vol: reëel, één", "Mailbox vol: reeel, een" },
		{ "pl", "Skrzynka jest pełna, spróbuj później", "Skrzynka jest pelna, sprobuj pozniej" },
		{ "pt_BR", "A caixa está cheia; não há espaço", "A caixa esta cheia; nao ha espaco" },
		{ "ro", "Căsuța este plină; încercați mai târziu, şi ţ",
		    "Casuta este plina; incercati mai tarziu, si t" },
		{ "sk", "Schránka je plná, skúste neskôr, ľ ĺ ŕ", "Schranka je plna, skuste neskor, l l r" },
		{ "sl", "Poštni predal je poln, poskusite pozneje, č ž",
		    "Postni predal je poln, poskusite pozneje, c z" },
		{ "sr@latin", "Sanduče je puno, pokušajte među prvima, Đ",
		    "Sanduce je puno, pokusajte medju prvima, Dj" },
		{ "sv", "Brevlådan är full, försök på nytt", "Brevladan ar full, forsok pa nytt" },
		{ "tr", "Posta kutusu dolu; lütfen İYİ bir ığşç", "Posta kutusu dolu; lutfen IYI bir igsc" },
		{ "vi", "Hộp thư đã đầy, vui lòng thử lại sau", "Hop thu da day, vui long thu lai sau" },
		{ "id", "Kotak surat penuh", "Kotak surat penuh" },
		{ "ru@latin", "Pochtovyĭ jashhik polʹzovatelja", "Pochtovyi jashhik pol'zovatelja" },
	};
	for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++)
		cr_expect_str_eq(folded(languages[i].language, languages[i].text), languages[i].ascii);
}

Test(fold, drops_joiners)
{
	cr_expect_str_eq(folded("de", "Auf\xE2\x80\x8Clage"), "Auflage");
	cr_expect_str_eq(folded("de", "a\xE2\x80\x8D\xCC\x88"), "a");
	cr_expect_str_eq(folded("fa", "\xD9\x86\xD9\x85\xDB\x8C\xE2\x80\x8C\xD8\xB4"), "none");
}

Test(fold, spells_signs)
{
	cr_expect_str_eq(folded("de",
	                     "© 2026, 5 °C, №\xC2\xA0"
	                     "7, a → b ← c…"),
	    "(C) 2026, 5 degC, No. 7, a -> b <- c...");
	cr_expect_str_eq(folded("it", "5 °C"), "5 C");
	cr_expect_str_eq(
	    folded("en", "® ™ ± µ ÷ ≠ ≤ ≥ ⇒ ↔ ½ ′ ″ £ ¦"), "(R) (TM) +/- u / != <= >= => <-> 1/2 ' \" GBP |");
	cr_expect_str_eq(folded("en", "voll \xF0\x9F\x93\xAC"), "none");
}

Test(fold, spells_typography)
{
	cr_expect_str_eq(folded("de", "„Ja“ – ‚nein‘ — so…"), "\"Ja\" - 'nein' - so...");
	cr_expect_str_eq(folded("en", "“yes” ‘no’ it’s"), "\"yes\" 'no' it's");
	cr_expect_str_eq(folded("en",
	                     "a\xE2\x80\x91"
	                     "b \xE2\x88\x92"
	                     "1 • 2×3 5€ soft\xC2\xADhyphen"),
	    "a-b -1 * 2x3 5EUR softhyphen");
	cr_expect_str_eq(folded("en", "ﬁn ２５０ Ａ ［（＃％"), "fin 250 A [(#%");
}

Test(fold, finds_each_letter_that_has_a_spelling)
{
	cr_expect_str_eq(folded("en", "ß ẞ æ Æ œ Œ ø Ø ł Ł đ Đ ð Ð þ Þ ħ Ħ ı ŋ Ŋ ŧ Ŧ ĸ ə Ə"),
	    "ss SS ae Ae oe Oe o O l L d D d D th Th h H i n N t T k e E");
	cr_expect_str_eq(folded("en", "‘ ’ ‚ ʼ ʻ ‹ › “ ” „ « » ‐ ‒ – — − · • × ¡ ¿ \xC2\xAD €"),
	    "' ' ' ' ' ' ' \" \" \" \" \" - - - - - . * x    EUR");
	cr_expect_str_eq(folded("lb", "ä Ä ü Ü ö"), "ae Ae ue Ue o");
	cr_expect_str_eq(folded("nn", "å Å ø Ø ä"), "aa Aa oe Oe a");
}

Test(fold, fails_at_a_letter_of_another_script_whatever_marks_stand_beside_it)
{
	cr_expect_str_eq(folded("de", "a\xCC\x88 \xD0\xB8\xCC\x86"), "none");
	cr_expect_str_eq(folded("ko", "\xE1\x84\x80\xE1\x85\xA1"), "none");
	cr_expect_str_eq(folded("da", "\xE2\x84\xAB a\xCC\x8A"), "Aa aa");
}

Test(fold, does_not_fold_other_scripts)
{
	static const char *const texts[] = { "Ящик", "a Ящик b", "邮箱", "メール", "메일", "بريد", "דואר",
		"Γραμματοκιβώτιο", "ไปรษณีย์", "मेल", "😀", "♥", "a\xE2\x80\x8Bx" };
	static const char *const languages[] = { "de", "ru", "zh", "ja", "el", "sr@latin" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t k = 0; k < sizeof(languages) / sizeof(languages[0]); k++)
			cr_expect_str_eq(folded(languages[k], texts[i]), "none", "%s: %s", languages[k], texts[i]);
	}
}

Test(fold, fits_the_buffer_or_fails)
{
	static const char text[] = "Ärger, größer … ﬁ €";
	static const char ascii[] = "Aerger, groesser ... fi EUR";
	struct tag tag;
	cr_assert(tag_parse(&tag, "de", 2));
	for (size_t room = 0; room < sizeof(ascii) + 3; room++) {
		char *out = malloc(room + 1);
		long octets = fold_ascii(&tag, text, sizeof(text) - 1, out, room);
		cr_expect_eq(octets, room < sizeof(ascii) - 1 ? -1 : (long)(sizeof(ascii) - 1), "%zu", room);
		cr_expect(octets < 0 || memcmp(out, ascii, sizeof(ascii) - 1) == 0);
		free(out);
	}
}

/* Whatever the character, the form is printable ASCII or there is none. */
Test(fold, of_each_character_is_printable_ascii_or_none)
{
	static const char *const languages[] = { "de", "da", "fr", "zh" };
	struct tag tag;
	for (size_t k = 0; k < sizeof(languages) / sizeof(languages[0]); k++) {
		cr_assert(tag_parse(&tag, languages[k], 2));
		for (uint32_t c = 0x80; c < 0x30000; c++) {
			char text[4], out[64];
			size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
			if (c >= 0xD800 && c < 0xE000)
				continue;
			text[0] = (char)(len == 2 ? 0xC0 | c >> 6 : len == 3 ? 0xE0 | c >> 12 : 0xF0 | c >> 18);
			for (size_t i = 1; i < len; i++)
				text[i] = (char)(0x80 | (c >> 6 * (len - 1 - i) & 0x3F));
			long octets = fold_ascii(&tag, text, len, out, sizeof(out));
			for (long i = 0; i < octets; i++)
				cr_assert(out[i] >= 0x20 && out[i] <= 0x7E, "U+%04X", c);
		}
	}
}
