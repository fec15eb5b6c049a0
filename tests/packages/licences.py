# SPDX-License-Identifier: MIT
"""Whether a package has the licences of what is in it. The list here is kept by hand, so that it does
not depend on how scripts/third-party finds the libraries."""
import os
import re

# A library, as Debian calls its sources, and whom its licence names.
LIBRARIES = {
    "c-ares": "Massachusetts Institute of Technology",
    "cli11": "University of Cincinnati",
    "curl": "Daniel Stenberg",
    "fmtlib": "Victor Zverovich",
    "gcc-[0-9]+": "GCC RUNTIME LIBRARY EXCEPTION|GCC Runtime Library Exception",
    "glibc": "GNU Lesser General Public",
    "libdeflate": "Eric Biggers",
    "libzip": "Dieter Baron",
    "nlohmann-json3": "Niels Lohmann",
    "openssl": "OpenSSL Project",
    "spdlog": "Gabi Melman",
    "sqlite3": "public domain|public-domain",
    "sqlitecpp": "Rombauts",
    "zlib": "Jean-[lL]oup Gailly",
}
SUFFIX = ".copyright"


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as stream:
        return stream.read()


def check(doc, common):
    """`common` is where what is called /usr/share/common-licenses is to be found."""
    folder = os.path.join(doc, "third-party")
    texts = {name[:-len(SUFFIX)]: read(folder, name) for name in os.listdir(folder)
             if name.endswith(SUFFIX)}
    for library, holder in LIBRARIES.items():
        found = [name for name in texts if re.fullmatch(library, name)]
        assert len(found) == 1, f"{folder} has {found} for {library}"
        assert re.search(holder, texts[found[0]]), f"{found[0]}{SUFFIX} does not name {holder}"
    unknown = [name for name in texts if not any(re.fullmatch(each, name) for each in LIBRARIES)]
    assert not unknown, f"are these in the program? {unknown}"

    listed = re.findall(r"^([a-z0-9.+-]+) [0-9]\S*$", read(folder, "README"), re.MULTILINE)
    assert sorted(listed) == sorted(texts), listed
    for name, text in texts.items():
        for licence in re.findall(r"/usr/share/common-licenses/([\w.+-]*\w)", text):
            assert os.path.getsize(os.path.join(doc, common, licence)), f"{name}: {licence}"


def check_debian_copyright(doc):
    """Ours in Debian's form for programs, which names all the others."""
    text = read(doc, "copyright")
    head, files = text.rstrip("\n").split("\n\n")
    assert head.startswith("Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n")
    for name in os.listdir(os.path.join(doc, "third-party")):
        assert name == "README" or f"\n /usr/share/doc/a2a-backup/third-party/{name}" in head, name
    assert re.match(r"Files: \*\nCopyright: \d{4} .+\nLicense: Expat\n Permission is hereby granted",
                    files), files
    assert all(line.startswith(" ") for line in files.splitlines()[3:]), files
