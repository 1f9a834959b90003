/* What a flame graph does in a browser. Without it the picture stands. */
(function () {
	"use strict";
	var svg = document.documentElement;
	var meta = document.getElementById("meta").dataset;
	var left = +meta.left, width = +meta.width, glyph = +meta.glyph;
	var status = document.getElementById("status");
	var still = status.textContent;
	var found = document.getElementById("found");

	/* "  56.7 %", or of a difference the change in points: as drawn. */
	function share(about) {
		var found = about.match(/^(base |new )?[\d.]+ %/gm) || [];
		var ratio = found.map(function (text) { return parseFloat(text.replace(/^[a-z]+ /, "")); });
		if (ratio.length !== 2)
			return ratio.length ? "  " + ratio[0].toFixed(1) + " %" : "";
		return "  " + (ratio[1] < ratio[0] ? "" : "+") + (ratio[1] - ratio[0]).toFixed(1);
	}

	var frames = [].map.call(document.querySelectorAll("#frames g"), function (g) {
		var rect = g.querySelector("rect"), title = g.querySelector("title");
		return {
			share: share(title.textContent), g: g, rect: rect, text: g.querySelector("text"),
			about: title.textContent, name: title.textContent.split("\n")[0],
			x: +rect.getAttribute("x"), y: +rect.getAttribute("y"),
			w: +rect.getAttribute("width")
		};
	});
	var root = frames[0], zoomed = root, wanted = null;

	function label(frame, room) {
		if (room < 3)
			return "";
		if (frame.name.length > room)
			return frame.name.slice(0, room - 1) + "\u2026";
		return frame.name + (frame.name.length + frame.share.length <= room ? frame.share : "");
	}

	function place(frame, x, w, dim) {
		frame.g.style.display = w < 0.3 ? "none" : "";
		frame.g.style.opacity = dim ? 0.55 : 1;
		frame.rect.setAttribute("x", x.toFixed(2));
		frame.rect.setAttribute("width", Math.max(w, 0.3).toFixed(2));
		if (!frame.text) {
			frame.text = document.createElementNS(svg.namespaceURI, "text");
			frame.text.setAttribute("y", frame.y + +meta.baseline);
			frame.g.appendChild(frame.text);
		}
		frame.text.setAttribute("x", (x + 3).toFixed(2));
		frame.text.textContent = label(frame, Math.floor((w - 6) / glyph));
	}

	/* The root is below in a flame graph, above in an icicle graph. */
	function isBelow(frame, other) {
		return meta.icicle === "1" ? frame.y < other.y : frame.y > other.y;
	}

	function zoom(to) {
		var scale = width / to.w, end = to.x + to.w, slack = 0.01;
		zoomed = to;
		frames.forEach(function (f) {
			var carries = f.x <= to.x + slack && f.x + f.w >= end - slack;
			if (carries && isBelow(f, to))
				place(f, left, width, f !== to);
			else if (f.x >= to.x - slack && f.x + f.w <= end + slack)
				place(f, left + (f.x - to.x) * scale, f.w * scale, false);
			else
				f.g.style.display = "none";
		});
		document.getElementById("reset").style.display = to === root ? "none" : "";
	}

	/* Frames inside a match do not count twice. */
	function covered(matches) {
		var spans = matches.map(function (f) { return [f.x, f.x + f.w]; });
		var end = -1, sum = 0;
		spans.sort(function (a, b) { return a[0] - b[0] || b[1] - a[1]; });
		spans.forEach(function (s) {
			sum += Math.max(0, s[1] - Math.max(s[0], end));
			end = Math.max(end, s[1]);
		});
		return sum / root.w;
	}

	function search(pattern) {
		var matches;
		try {
			wanted = pattern ? new RegExp(pattern) : null;
		} catch (e) {
			found.textContent = "not a regular expression: " + pattern;
			return;
		}
		matches = frames.filter(function (f) {
			var hit = wanted !== null && wanted.test(f.name);
			f.rect.classList.toggle("hit", hit);
			return hit;
		});
		found.textContent = wanted === null ? "" : "/" + pattern + "/ matches " +
			(100 * covered(matches)).toFixed(2) + " %";
	}

	function ask() {
		var pattern = prompt("Search: a regular expression (empty clears)",
			wanted ? wanted.source : "");
		if (pattern !== null)
			search(pattern);
	}

	frames.forEach(function (f) {
		f.g.addEventListener("click", function () { zoom(f); });
		f.g.addEventListener("mouseenter", function () {
			status.textContent = f.about.replace(/\n/g, "  \u00b7  ");
		});
		f.g.addEventListener("mouseleave", function () { status.textContent = still; });
	});
	document.getElementById("reset").addEventListener("click", function () { zoom(root); });
	document.getElementById("search").addEventListener("click", ask);
	document.getElementById("search").style.display = "";
	window.addEventListener("keydown", function (e) {
		if (e.key === "/" || ((e.ctrlKey || e.metaKey) && e.key === "f")) {
			e.preventDefault();
			ask();
		} else if (e.key === "Escape") {
			zoom(root);
			search("");
		}
	});
	window.clinicFlamegraph = { search: search, zoom: zoom, frames: frames };
})();
