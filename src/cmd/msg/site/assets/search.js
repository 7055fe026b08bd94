// The search of the site of the replies, and the choice of a language. Without it the pages are complete, but cannot be searched.
"use strict";

const articles = Array.from(document.querySelectorAll("article.reply"), article => ({
	element: article,
	group: article.parentElement,
	id: article.dataset.id,
	ref: article.id || article.dataset.ref,
	codes: Array.from(article.querySelectorAll(".codes div:not(:last-child) code"), code => code.textContent),
	words: plain(article.querySelector("h3").textContent + " " + (article.querySelector(".english")?.textContent ?? "")),
	all: plain(article.textContent),
}));
const page = document.documentElement.lang;
const longest = 100000; // characters of a text that are searched
let texts = null; // of all languages, when texts.js has been loaded

// Text without case, accents, typographic quotes and invisible characters, with single spaces.
function plain(text) {
	return text.normalize("NFKD").replace(/[\p{Mn}\p{Cf}]/gu, "").toLowerCase().replace(/[‘’]/g, "'")
		.replace(/[“”„«»]/g, "\"").replace(/[‐-―]/g, "-").replace(/\s+/g, " ").trim();
}

// Loads texts.js once, and calls when it is there.
const waiting = [];
function withTexts(call) {
	if (texts) {
		call();
		return;
	}
	waiting.push(call);
	if (waiting.length > 1)
		return;
	const script = document.createElement("script");
	script.src = "texts.js";
	script.onerror = () => waiting.splice(0);
	document.head.append(script);
}

// What texts.js calls. Each form of a text is split into the parts between its arguments.
function ftgateTexts(data) {
	texts = data;
	texts.index = new Map(data.ids.map((id, i) => [id, i]));
	for (const article of articles) {
		const index = texts.index.get(article.id);
		const english = [...data.published[index], ...data.languages.find(language => language.tag === "en").texts[index]];
		const forms = [...new Set([...english, ...data.languages.flatMap(language => language.texts[index])])];
		const split = forms.map(form => parts(form));
		article.forms = split.filter(form => form.length > 0);
		article.english = new Set(split.filter((_, i) => english.includes(forms[i])));
		article.everywhere = plain(forms.join(" "));
	}
	waiting.splice(0).forEach(call => call());
}

function parts(form) {
	return form.replace(/%%/g, "\u0001").split(/%(?:\d\$)?l*[a-z]|\$\{[a-z]+\}/)
		.map(part => plain(part.replace(/\u0001/g, "%"))).filter(part => /\p{L}/u.test(part));
}

// A message in quoted-printable or base64 (RFC 2045) is decoded, so that what a person would read is searched, too.
function decoded(text) {
	const octets = source => new TextDecoder().decode(Uint8Array.from(source, c => c.charCodeAt(0) & 255));
	let more = "";
	if (/=\r?\n|=[0-9A-F]{2}/.test(text))
		more += "\n" + octets(unescape(encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd"))).replace(/=\r?\n/g, "")
			.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
	for (const block of text.match(/^(?:[A-Za-z0-9+/]{40,76}\r?\n)+[A-Za-z0-9+/]*=*$/gm) ?? []) {
		try {
			more += "\n" + octets(atob(block.replace(/\s/g, "")));
		} catch {
			// It only looked like base64.
		}
	}
	return text + more;
}

// The codes of replies in a text: "550 5.1.1"; a code alone only where a line begins with it; and those of POP3. What may be before
// these two ends with the line: else the time for many lines without a word is the square of their number.
const whole = /(?<![\d.])([245]\d\d)[ -]([245]\.\d{1,3}\.\d{1,3})(?![\d.])/g;
const alone = /^[^\w\n\r\u2028\u2029]*([245]\d\d)[ -](?![245]\.\d)/gm;
const refused = /^[^\w\n\r\u2028\u2029]*-ERR(?: \[[\w/-]+\])?/gm;
function codes(text) {
	return [...text.matchAll(whole)].map(found => found[1] + " " + found[2])
		.concat([...text.matchAll(alone)].map(found => found[1]))
		.concat(text.match(refused)?.map(found => found.trim()) ?? []);
}

// Where the first code of a line ends; Infinity if it has none.
function behind(line) {
	return Math.min(...[whole, alone, refused].map(code => {
		const [found] = line.matchAll(code);
		return found ? found.index + found[0].length : Infinity;
	}));
}

// References and IDs in a pasted text: in brackets, in a link, in a log, or behind a code; "ticket #4.46" is none. In a reply from
// right to left, #4.46 may have been copied as 4.46#. The subject of a message, and where it has been, is not what was replied.
function named(text) {
	const refs = new Set(), ids = new Set(), replied = text.replace(/^(?:Received|Subject):.*(?:\n[ \t].*)*/gim, "");
	for (const line of replied.split("\n")) {
		const code = behind(line);
		for (const found of line.matchAll(/(\(#?|\.html#|ref=#?|#)(\d\.\d\d)(?![\d.])|(?<![\d.])(\d\.\d\d)#/g))
			if (found[1] !== "#" || text.length < 24 || found.index >= code)
				refs.add(found[2] ?? found[3]);
	}
	for (const found of text.matchAll(/\b(?:ERR|FTG)_\w+/gi))
		ids.add(found[0].toUpperCase());
	return articles.filter(article => refs.has(article.ref) || ids.has(article.id));
}

// Whether all parts of a form are in a text, in their order, with no more between them than an argument can have.
function holds(text, form) {
	if (!form.every(part => text.includes(part)))
		return false;
	for (let start = text.indexOf(form[0]); start >= 0; start = text.indexOf(form[0], start + 1)) {
		let end = start + form[0].length;
		const rest = form.slice(1).every(part => {
			const found = text.slice(end, end + 300 + part.length).indexOf(part);
			end += found + part.length;
			return found >= 0;
		});
		if (rest)
			return true;
	}
	return false;
}

// Whether the words of a form are so many that no other server has them: more of English, and of reports, which all write.
function suffices(article, form) {
	const text = form.join(" ");
	if (/[\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]/.test(text))
		return text.length >= (article.ref.startsWith("8.") ? 16 : 6);
	const words = text.split(/[^\p{L}\p{N}]+/u).filter(Boolean).length;
	return text.length >= 16 && words >= (article.ref.startsWith("8.") ? 9 : article.english.has(form) ? 4 : 3);
}

// Replies whose words are in a pasted text: those of the longest words, in any language, unless the codes beside them are others.
function spoken(text) {
	const said = plain(text), beside = codes(text);
	let best = 0, hits = [];
	for (const article of articles) {
		if (beside.length > 0 && article.codes.length > 0 && !article.codes.some(code => beside.includes(code)))
			continue;
		for (const form of article.forms ?? []) {
			const length = form.join("").length;
			if (length < best || !suffices(article, form) || !holds(said, form))
				continue;
			if (length > best)
				hits = [];
			best = length;
			if (!hits.includes(article))
				hits.push(article);
		}
	}
	return hits;
}

// A paste is explained by its references; those of a report (#8) count only if there is no other.
function pasted(text) {
	const read = decoded(text.slice(0, longest)), hits = named(read);
	const causes = hits.filter(article => !article.ref.startsWith("8."));
	if (causes.length > 0)
		return causes;
	const words = spoken(read);
	return words.length > 0 ? words : hits;
}

// How well a word fits a reply; 0: not at all.
function fits(article, word) {
	const number = word.replace(/^\(?#|\)?\.?$/g, "");
	if (article.ref === number || article.id.toLowerCase() === word)
		return 100;
	if (/^\d\.\d?\d?$/.test(number) && article.ref.startsWith(number))
		return 50;
	if (article.codes.some(code => code.toLowerCase().split(" ").includes(word)))
		return 20;
	if (article.id.toLowerCase().includes(word) || article.words.includes(word) || article.everywhere?.includes(word))
		return 10;
	return article.all.includes(word) ? 1 : 0;
}

function typed(text) {
	const words = plain(text).split(" ");
	return articles.map(article => ({ article, points: words.map(word => fits(article, word)) }))
		.filter(hit => hit.points.every(points => points > 0))
		.map(hit => ({ ...hit, sum: hit.points.reduce((a, b) => a + b) }))
		.sort((a, b) => b.sum - a.sum).filter((hit, _, all) => words.length > 1 || all[0].sum < 100 || hit.sum >= 100)
		.map(hit => hit.article);
}

function matches(text) {
	if (/\n/.test(text) || text.length > 60 || /\(#\d\.\d\d\)|\d\.\d\d#|[245]\d\d[- ][245]\.\d+\.\d+ \S/.test(text)) {
		const hits = pasted(text);
		if (hits.length > 0)
			return hits;
	}
	return text.length > 400 ? [] : typed(text);
}

const form = document.getElementById("search"), input = document.getElementById("words");
const found = document.getElementById("found"), nothing = document.getElementById("nothing");
const label = found?.textContent;

// Marks the words that were typed, without a change of the document.
function mark(hits, text) {
	if (!globalThis.Highlight || !CSS.highlights)
		return;
	CSS.highlights.clear();
	const words = text.toLowerCase().split(/\s+/).filter(word => word.length > 2), ranges = [];
	if (text.length > 60)
		return;
	for (const hit of hits.slice(0, 40)) {
		const walker = document.createTreeWalker(hit.element, NodeFilter.SHOW_TEXT);
		while (walker.nextNode()) {
			const content = walker.currentNode.data.toLowerCase();
			for (const word of words)
				for (let at = content.indexOf(word); at >= 0; at = content.indexOf(word, at + word.length)) {
					const range = new Range();
					range.setStart(walker.currentNode, at);
					range.setEnd(walker.currentNode, at + word.length);
					ranges.push(range);
				}
		}
	}
	CSS.highlights.set("found", new Highlight(...ranges));
}

// Puts the articles back in the order of the page, then shows those that were found, the best first of each group.
function show(hits, text) {
	for (const article of articles) {
		article.group.append(article.element);
		article.element.hidden = hits !== null && !hits.includes(article);
	}
	for (const hit of hits ?? [])
		hit.group.append(hit.element);
	const groups = new Set(articles.map(article => article.group)), order = new Set((hits ?? []).map(hit => hit.group));
	for (const group of [...order, ...[...groups].filter(group => !order.has(group))])
		group.parentElement.append(group);
	if (hits === null)
		for (const group of groups)
			group.parentElement.append(group);
	for (const group of groups)
		group.hidden = hits !== null && !order.has(group);
	document.body.classList.toggle("searching", hits !== null);
	found.hidden = hits === null || hits.length === 0;
	nothing.hidden = hits === null || hits.length > 0;
	found.textContent = hits === null ? label : label + " " + hits.length.toLocaleString(page);
	mark(hits ?? [], text);
}

function search() {
	const text = input.value.trim();
	show(text === "" ? null : matches(text), text);
}

// Searches again when the texts are there, unless the field is empty.
function again() {
	if (input.value)
		search();
}

// The element that the address names. What is no encoded name names none.
function addressed() {
	try {
		return document.getElementById(decodeURIComponent(location.hash.slice(1)));
	} catch {
		return null;
	}
}

// A table of the reply in every language, below its article.
function everywhere(article, button) {
	const list = document.createElement("ul");
	const index = texts.index.get(article.id);
	list.className = "everywhere";
	for (const language of texts.languages) {
		const item = document.createElement("li"), link = document.createElement("a"), words = document.createElement("p");
		link.href = language.tag + ".html#" + (article.element.id || article.id);
		link.textContent = language.name;
		link.hreflang = link.lang = words.lang = language.tag;
		item.dir = words.dir = language.dir;
		words.textContent = (language.texts[index][0] ?? "").replace(/%(\d\$)?l*[a-z]|\$\{[a-z]+\}/g, "…").replace(/%%/g, "%");
		item.append(link, words);
		list.append(item);
	}
	button.after(list);
	button.setAttribute("aria-expanded", "true");
}

// The link to the page of all languages becomes a button that shows them here.
function unfold(article) {
	const link = article.element.querySelector(".all a"), button = document.createElement("button");
	if (!link)
		return;
	button.type = "button";
	button.textContent = link.textContent;
	button.setAttribute("aria-expanded", "false");
	for (const name of ["lang", "dir"])
		if (link.hasAttribute(name))
			button.setAttribute(name, link.getAttribute(name));
	button.onclick = () => {
		const list = button.parentElement.querySelector(".everywhere");
		if (list) {
			list.remove();
			button.setAttribute("aria-expanded", "false");
		} else {
			withTexts(() => everywhere(article, button));
		}
	};
	link.replaceWith(button);
}

// The language that was chosen here before, else the first of the browser's that has a page (RFC 4647 section 3.4).
const menu = Array.from(document.querySelectorAll("#languages a"));
function chosen() {
	let kept = null;
	try {
		kept = localStorage.getItem("language");
	} catch {
		// A browser may forbid to keep anything.
	}
	for (const wanted of [kept, ...navigator.languages].filter(Boolean)) {
		const region = /^zh-(TW|HK|MO)/i.test(wanted) ? "zh-Hant" : /^zh/i.test(wanted) ? "zh-Hans" : wanted;
		for (let tag = region.replace(/^no\b/i, "nb"); tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
			const link = menu.find(entry => entry.hreflang.toLowerCase() === tag.toLowerCase());
			if (link)
				return link;
		}
	}
	return menu.find(entry => entry.hreflang === "en");
}

function keep(tag) {
	try {
		localStorage.setItem("language", tag);
	} catch {
		// The choice then holds for this page only.
	}
}

function place(link) {
	return link.getAttribute("href") + location.hash;
}

function offer() {
	const link = chosen(), paragraph = document.getElementById("offer");
	if (!link || link.hreflang === page)
		return;
	const copy = link.cloneNode(true);
	copy.onclick = () => {
		copy.href = place(link);
	};
	paragraph.append(copy);
	paragraph.hidden = false;
}

for (const link of menu)
	link.addEventListener("click", () => {
		keep(link.hreflang);
		if (location.hash)
			link.href = place(link);
	});

if (document.body.classList.contains("index")) {
	location.replace(place(chosen()));
} else if (form) {
	form.hidden = false;
	form.onsubmit = event => event.preventDefault();
	input.addEventListener("focus", () => withTexts(again), { once: true });
	input.addEventListener("input", () => {
		search();
		if (!texts && !waiting.includes(again))
			withTexts(again);
	});
	articles.forEach(unfold);
	offer();
	addEventListener("hashchange", () => {
		const target = addressed();
		if (target?.closest("[hidden]")) {
			input.value = "";
			search();
			target.scrollIntoView();
		}
	});
	addEventListener("keydown", event => {
		if (event.key === "/" && document.activeElement !== input && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			input.focus();
		} else if (event.key === "Escape" && document.activeElement === input) {
			input.value = "";
			search();
		}
	});
}
