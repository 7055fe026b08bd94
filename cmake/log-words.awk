# Writes the words of man/ftgate-log.7 as rows of C, LOG_WORD(key, name, meaning): events, keys, and the causes.
function plain(line) {
	if (line ~ /^\.br/ || line ~ /^\.(Bl|El|Bd|Ed|Pp)/)
		return ""
	if (line ~ /^\.Xr /) {
		sub(/^\.Xr /, "", line)
		sub(/ /, "(", line)
		return line !~ / / ? line ")" : gensub_first(line)
	}
	if (line ~ /^\.Pq /)
		return "(" strip(substr(line, 5)) ")"
	if (line ~ /^\.[A-Z][a-z] /)
		return strip(substr(line, 5))
	return line
}
function gensub_first(line) { # "page(8 ," gives "page(8),"
	sub(/ /, ")", line)
	gsub(/ /, "", line)
	return line
}
function strip(text) {
	gsub(/(^| )(Cm|Li|Ns|Ar|Pa|Sx) /, " ", text)
	gsub(/ ,/, ",", text)
	gsub(/ \./, ".", text)
	gsub(/ ;/, ";", text)
	gsub(/ :/, ":", text)
	sub(/^ /, "", text)
	return text
}
function flush() {
	if (names != "" && text != "") {
		gsub(/\\&/, "", text)
		gsub(/\\/, "\\\\", text)
		gsub(/"/, "\\\"", text)
		n = split(names, name, / *, */)
		for (i = 1; i <= n; i++)
			printf "LOG_WORD(\"%s\", \"%s\", \"%s\")\n", kind, name[i], text
	}
	names = text = ""
}
/^\.Sh / {
	flush()
	kind = $2 == "EVENTS" ? "event" : $2 == "KEYS" ? "key" : $2 == "CAUSES" ? "cause" : ""
	next
}
kind == "" { next }
/^\.(El|Ss)/ { flush(); next }
/^\.It / {
	flush()
	names = $0
	sub(/^\.It (Cm|Li) /, "", names)
	gsub(/"/, "", names)
	done = 0
	next
}
/^\.br/ { done = 1; next }
names != "" && !done {
	line = plain($0)
	if (line != "")
		text = text (text == "" || line ~ /^[,.;:)]/ ? "" : " ") line
}
