// The filter of the page for translators. Without it the page is complete.
"use strict";

const sections = Array.from(document.querySelectorAll("section.texts"), section => ({
	element: section,
	ref: section.dataset.ref,
	id: section.dataset.id.toLowerCase(),
	rows: Array.from(section.querySelectorAll("tbody tr"), row => ({
		element: row,
		tag: row.dataset.tag,
		faulty: ["stale", "refused", "missing"].includes(row.dataset.state),
	})),
}));
const form = document.getElementById("filter"), reference = document.getElementById("reference");
const language = document.getElementById("language"), faults = document.getElementById("faults");
const count = document.getElementById("count");

function filter() {
	const wanted = reference.value.trim().replace(/^\(?#|\)$/g, "").toLowerCase();
	let shown = 0;
	for (const section of sections) {
		const named = wanted === "" || section.ref.startsWith(wanted) || section.id.includes(wanted);
		let rows = 0;
		for (const row of section.rows) {
			const visible = named && (language.value === "" || row.tag === language.value) && (!faults.checked || row.faulty);
			row.element.hidden = !visible;
			rows += visible;
		}
		section.element.hidden = rows === 0;
		shown += rows;
	}
	count.textContent = `Texts: ${shown}`;
}

// The element that the address names. What is no encoded name names none.
function addressed() {
	try {
		return document.getElementById(decodeURIComponent(location.hash.slice(1)));
	} catch {
		return null;
	}
}

// A link such as replies.html#4.46 shows this reply only.
function follow() {
	const target = addressed()?.closest("section.texts");
	if (target) {
		reference.value = target.dataset.ref;
		filter();
		target.scrollIntoView();
	}
}

form.hidden = false;
form.onsubmit = event => event.preventDefault();
for (const field of [reference, language, faults])
	field.addEventListener("input", filter);
addEventListener("hashchange", follow);
filter();
follow();
