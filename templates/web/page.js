
/* Sorts tables and searches flame graphs; the page is complete without it. */
(function () {
	"use strict";
	var UNITS = {
		ns: 1e-9, "µs": 1e-6, us: 1e-6, ms: 1e-3, s: 1, min: 60, h: 3600,
		B: 1, bytes: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824, k: 1e3, M: 1e6
	};

	/* The first number of a text like "1 820 000", "548.0 ns", "4.739× [4.694×, 4.771×]" or "below 0.1 %", in base units; NaN without one. */
	function amount(text) {
		var found = text.trim().match(/^(?:below |above |at least |at most |[<>≈~] ?)?([+\-−]?\d[\d \u00a0\u202f]*(?:\.\d+)?)\s*([A-Za-zµ]*)/);
		if (!found) return NaN;
		return parseFloat(found[1].replace(/[ \u00a0\u202f]/g, "").replace("−", "-")) * (UNITS[found[2]] || 1);
	}

	function isEmpty(text) {
		return text === "" || text === "–" || text === "-" || text === "—";
	}

	/* Empty cells stay last in both directions. */
	function sort(table, column, down) {
		var body = table.tBodies[0], rows = [].slice.call(body.rows);
		var keyed = rows.map(function (row) {
			var text = row.cells[column] ? row.cells[column].textContent.trim() : "";
			return { row: row, text: text, amount: amount(text), empty: isEmpty(text) };
		});
		var numbers = keyed.every(function (one) { return one.empty || !isNaN(one.amount); });
		keyed.sort(function (a, b) {
			var order;
			if (a.empty || b.empty) return a.empty - b.empty;
			order = numbers ? a.amount - b.amount : a.text.localeCompare(b.text, "en", { numeric: true });
			return down ? -order : order;
		});
		keyed.forEach(function (one) { body.appendChild(one.row); });
	}

	function makeSortable(table) {
		var heads = table.tHead ? [].slice.call(table.tHead.rows[0].cells) : [];
		if (!table.tBodies[0] || table.tBodies[0].rows.length < 3) return;
		heads.forEach(function (head, column) {
			var button = document.createElement("button");
			if (!head.textContent.trim()) button.setAttribute("aria-label", "sort by name");
			button.type = "button";
			while (head.firstChild) button.appendChild(head.firstChild);
			head.appendChild(button);
			button.addEventListener("click", function () {
				var down = head.getAttribute("aria-sort") === "ascending";
				heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
				head.setAttribute("aria-sort", down ? "descending" : "ascending");
				sort(table, column, down);
			});
		});
	}

	/* A frame has no origin, so the window that sent a message identifies its figure. */
	function figureOf(source) {
		return [].slice.call(document.querySelectorAll("figure.flame")).filter(function (figure) {
			return figure.querySelector("iframe").contentWindow === source;
		})[0];
	}

	/* A link may lead into a folded part, and paper cannot be unfolded. */
	function unfoldAround(element) {
		for (; element; element = element.parentElement) if (element.tagName === "DETAILS") element.open = true;
	}

	function unfoldTarget() {
		unfoldAround(location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1))));
	}

	window.addEventListener("hashchange", unfoldTarget);
	window.addEventListener("beforeprint", function () {
		[].slice.call(document.querySelectorAll("main details")).forEach(unfoldAround);
	});

	window.addEventListener("message", function (event) {
		var figure = figureOf(event.source), field = figure && figure.querySelector("input");
		if (!field) return;
		if (event.data === "ask") field.focus();
		if (event.data !== "alive" || !field.disabled) return;
		field.disabled = false;
		field.addEventListener("input", function () { event.source.postMessage(field.value, "*"); });
	});

	document.addEventListener("DOMContentLoaded", function () {
		var contents = document.querySelector("nav details");
		[].slice.call(document.querySelectorAll("table")).forEach(makeSortable);
		unfoldTarget();
		if (contents && matchMedia("(max-width: 70rem)").matches) contents.open = false;
	});
})();
