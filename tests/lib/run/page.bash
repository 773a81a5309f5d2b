# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The commands of a page in Markdown, and the output that it shows. Source this file.
#
# Copyright (C) 2026 The vmfwupdate authors

# blocks PAGE KIND [NAME]: write the blocks of that kind to files NAME.STEP.N. STEP is the
# number in the heading above a block, or 00, and N counts the blocks of the page.
blocks()
{
	awk -v kind="$2" -v name="${3:-$2}" '
		/^##/ { step = $2 + 0 }
		/^```$/ && inside { inside = 0; next }
		/^```/ { wanted = $0 == "```" kind; inside = 1; n++; next }
		inside && wanted { print > (sprintf("%s.%02d.%02d", name, step, n)) }' "$1"
}

# printed TEXT OUTPUT: expect each line of TEXT, a block of text, in OUTPUT, in that order.
printed()
{
	python3 - "$1" "$2" <<-'END'
	import re, sys
	wanted = open(sys.argv[1]).read().splitlines()
	printed = iter(open(sys.argv[2]).read().splitlines())
	for line in wanted:
	    pattern = ".*".join(map(re.escape, line.split("...")))
	    if not any(re.fullmatch(pattern, other) for other in printed):
	        sys.exit(f"not printed: {line}")
	END
}
