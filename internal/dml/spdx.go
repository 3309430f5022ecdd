package dml

import (
	"regexp"
	"strings"
)

// spdxIDs are the licences and exceptions of the SPDX list that are met in
// practice. What stands here no longer needs a question to anybody.
var spdxIDs = wordSet(`
0BSD AAL AFL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 APSL-2.0 Artistic-1.0 Artistic-2.0 BlueOak-1.0.0
BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 BUSL-1.1 bzip2-1.0.6
CAL-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-4.0 CC-BY-ND-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CECILL-2.1 CPL-1.0 curl
ECL-2.0 EPL-1.0 EPL-2.0 Elastic-2.0 EUPL-1.1 EUPL-1.2 FTL GFDL-1.2-only GFDL-1.2-or-later GFDL-1.3-only GFDL-1.3-or-later
GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC JSON LGPL-2.0-only LGPL-2.0-or-later
LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later libpng-2.0 Libpng LPPL-1.3c MirOS MIT MIT-0 MPL-1.1 MPL-2.0
MPL-2.0-no-copyleft-exception MS-PL MS-RL MulanPSL-2.0 NCSA NIST-PD ODbL-1.0 ODC-By-1.0 OFL-1.1 OLDAP-2.8 OpenSSL OSL-3.0
PDDL-1.0 PHP-3.01 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby SGI-B-2.0 Sleepycat SSPL-1.0 TCL Unicode-3.0 Unicode-DFS-2016
Unlicense UPL-1.0 Vim W3C WTFPL X11 Xnet Zlib zlib-acknowledgement ZPL-2.1 blessing
Autoconf-exception-3.0 Bison-exception-2.2 Classpath-exception-2.0 Font-exception-2.0 GCC-exception-3.1 Linux-syscall-note
LLVM-exception OpenSSL-exception u-boot-exception-2.0 Qt-GPL-exception-1.0 Universal-FOSS-exception-1.0
`)

var ownTerms = regexp.MustCompile(`^(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$`)

// unknownLicences gives the parts of an SPDX expression that are not known.
// LicenseRef-… names terms of the organisation's own, which is an answer too.
func unknownLicences(expression string) []string {
	var unknown []string
	for _, word := range strings.Fields(strings.NewReplacer("(", " ", ")", " ").Replace(expression)) {
		switch word {
		case "AND", "OR", "WITH":
			continue
		}
		if !spdxIDs[strings.TrimSuffix(word, "+")] && !ownTerms.MatchString(word) {
			unknown = append(unknown, word)
		}
	}
	return unknown
}

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(list) {
		set[word] = true
	}
	return set
}
