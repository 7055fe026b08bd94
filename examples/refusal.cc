/*
 * A refusal in several languages, by a class that owns a catalogue (C++17). The commands that build and run it:
 *
 * c++ -std=c++17 -o refusal refusal.cc -DLOCALEDIR="\"$(pkg-config --variable=localedir ftgate)\"" $(pkg-config --cflags --libs ftgate)
 * ./refusal nobody@example.org de ja ar
 */
#include <cerrno>
#include <exception>
#include <ftgate/catalog.h>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

/* Can be shared by any number of threads, since a catalogue never changes. */
class Catalog
{
      public:
	explicit Catalog(const char *locale)
	{
		ftg_sources sources {};
		sources.locale = locale;
		catalog_.reset(ftg_catalog_open(&sources, nullptr, nullptr));
		if (!catalog_)
			throw std::system_error(errno, std::generic_category(), locale);
	}

	/* In UTF-8, and in English if there is no such language. The name of the struct is also that of a function. */
	std::string
	render(const struct ftg_reply &reply, const std::string &language) const
	{
		ftg_voice voice {};
		voice.catalog = catalog_.get();
		voice.language = ftg_catalog_find(catalog_.get(), language.c_str());
		voice.encoding = FTG_UTF8;
		char octets[FTG_REPLY_MAX];
		return std::string(octets, ftg_render(octets, &voice, &reply));
	}

      private:
	struct Free {
		void
		operator()(ftg_catalog *catalog) const
		{
			ftg_catalog_free(catalog);
		}
	};
	std::unique_ptr<ftg_catalog, Free> catalog_;
};

int
main(int argc, char **argv)
try {
	if (argc < 3) {
		std::cerr << "usage: refusal ADDRESS LANGUAGE...\n";
		return 2;
	}
	const Catalog catalog(LOCALEDIR);
	const std::string_view address = argv[1];
	/* The reply refers to the octets of the address, which outlive it. */
	const auto reply = ftg_reply_text(ERR_SMTP_ADDRESS_UNKNOWN, address.data(), address.size());

	for (int i = 2; i < argc; i++)
		std::cout << catalog.render(reply, argv[i]);
	return 0;
} catch (const std::exception &fault) {
	std::cerr << "refusal: " << fault.what() << '\n';
	return 1;
}
