"use strict";
// Makes the table that stands in the page one to sort, filter, open and download. What comes from records enters the page as
// text alone, never as markup; nothing is loaded, stored or sent.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const body = byId("samples").tBodies[0];
  const heads = [...byId("samples").tHead.rows[0].cells];
  const rows = [...body.rows]; // row i is sample i
  const CALLS = { sensitive: 3, intermediate: 2, resistant: 1, not_evaluable: 0 };
  const VERDICTS = { pass: 0, warn: 1, fail: 2 };
  const SVG = "http://www.w3.org/2000/svg";
  const names = new Intl.Collator("en", { numeric: true });
  const words = (code) => code.replaceAll("_", " ");

  // one element; children that are text stay text
  const el = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null));
    return made;
  };
  const named = (text) => el("bdi", {}, text);

  // --- what stands in the page already -------------------------------------------------------------------------------
  const figures = [...document.querySelectorAll("figure.strip")];
  const marks = data.samples.map(() => []);
  for (const mark of document.querySelectorAll(".marks > *")) marks[+mark.dataset.i].push(mark);
  const lesions = new Map([...document.querySelectorAll("#lesions [data-patient]")].map((item) => [item.dataset.patient, item]));
  const haystacks = data.samples.map((sample) =>
    [sample.name, sample.patient, sample.site, ...sample.leaders.map(([id]) => data.regimens[id])].join("\n").toLowerCase());

  // --- filters -------------------------------------------------------------------------------------------------------
  const fill = (select, any, entries) => {
    select.append(el("option", { value: "" }, any));
    for (const [value, label, count] of entries) select.append(el("option", { value }, `${label} (${count})`));
  };
  const count = (test) => data.samples.filter(test).length;
  fill(byId("by-qc"), "any", Object.keys(VERDICTS).map((own) =>
    [own, { pass: "pass", warn: "warning", fail: "FAIL" }[own], count((one) => one.qc === own)]));
  const drugFilters = data.drugs.map((drug, place) => {
    const select = el("select", { id: `by-drug-${place}` });
    fill(select, "any call", Object.keys(CALLS).map((call) =>
      [call, words(call), count((one) => one.drugs[place].call === call)]));
    byId("by-drug").append(el("p", {}, el("label", { for: select.id }, drug), " ", select));
    return select;
  });
  const leads = (sample, id) => sample.leaders.some(([own]) => own === id);
  const regimens = Object.entries(data.regimens).map(([id, name]) => [id, name, count((one) => leads(one, id))]);
  fill(byId("by-regimen"), "any regimen", regimens.filter(([, , found]) => found).sort((a, b) => names.compare(a[1], b[1])));

  const filters = () => {
    const wanted = byId("find").value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const quality = byId("by-qc").value;
    const regimen = byId("by-regimen").value;
    const said = [];
    if (wanted.length) said.push(`“${byId("find").value.trim()}”`);
    if (quality) said.push(`quality ${quality}`);
    data.drugs.forEach((drug, place) => drugFilters[place].value && said.push(`${drug} ${words(drugFilters[place].value)}`));
    if (regimen) said.push(`${data.regimens[regimen]} leads or is tied`);
    const passes = (sample, place) =>
      wanted.every((word) => haystacks[place].includes(word)) &&
      (!quality || sample.qc === quality) &&
      (!regimen || leads(sample, regimen)) &&
      drugFilters.every((select, drug) => !select.value || sample.drugs[drug].call === select.value);
    return { passes, said };
  };

  // --- order ---------------------------------------------------------------------------------------------------------
  let sortKey = null;
  let direction = 1;
  const valueOf = (sample) => {
    if (sortKey.startsWith("drug")) {
      const drug = sample.drugs[+sortKey.slice(4)];
      const by = byId("drug-sort").value;
      return by === "call" ? CALLS[drug.call] : drug[by];
    }
    if (sortKey === "qc") return VERDICTS[sample.qc];
    if (sortKey === "regimen") return sample.leaders.length ? data.regimens[sample.leaders[0][0]] : null;
    return sample[sortKey];
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : names.compare(a, b));
  const sorted = (places) => {
    if (sortKey === null) return places;
    const values = new Map(places.map((place) => [place, valueOf(data.samples[place])]));
    return places.sort((one, other) => {
      const [a, b] = [values.get(one), values.get(other)];
      if (a === null || b === null) return (a === null) - (b === null) || one - other; // unknown last, either way round
      return direction * compare(a, b) || one - other;
    });
  };
  // lesions of a patient follow the first of them
  const grouped = (places) => {
    const found = new Map();
    for (const place of places) {
      const { patient } = data.samples[place];
      const group = lesions.has(patient) ? patient : place;
      found.set(group, [...(found.get(group) ?? []), place]);
    }
    return found;
  };

  // --- the table -----------------------------------------------------------------------------------------------------
  const details = new Map(); // by sample, of those that are open
  const cards = new Map(); // by patient, the row above the lesions
  const total = new Map();
  for (const { patient } of data.samples) total.set(patient, (total.get(patient) ?? 0) + 1);

  const card = (patient, present) => {
    if (!cards.has(patient)) {
      const box = el("div", {}, ...[...lesions.get(patient).childNodes].map((node) => node.cloneNode(true)));
      box.append(el("p", { class: "note" }, ""));
      cards.set(patient, el("tr", { class: "group" }, el("th", { colspan: heads.length, scope: "rowgroup" }, box)));
    }
    const row = cards.get(patient);
    row.querySelector(".note").textContent = present < total.get(patient) ? `${present} of ${total.get(patient)} lesions shown` : "";
    return row;
  };

  let visible = [];
  const show = () => {
    const { passes, said } = filters();
    const places = sorted(rows.map((_, place) => place).filter((place) => passes(data.samples[place], place)));
    const groups = byId("group").checked ? grouped(places) : null;
    const fragment = document.createDocumentFragment();
    const add = (place, isLesion) => {
      rows[place].classList.toggle("lesion", isLesion);
      fragment.append(rows[place], ...(details.has(place) ? [details.get(place)] : []));
    };
    if (groups === null) places.forEach((place) => add(place, false));
    else
      for (const [patient, own] of groups) {
        const several = lesions.has(patient);
        if (several) fragment.append(card(patient, own.length));
        own.forEach((place) => add(place, several));
      }
    visible = groups === null ? places : [...groups.values()].flat();
    body.replaceChildren(fragment);
    const shown = new Set(visible);
    marks.forEach((own, place) => own.forEach((mark) => mark.classList.toggle("off", !shown.has(place))));
    tallies();
    tell(said);
  };

  const tallies = () =>
    figures.forEach((figure, drug) => {
      const calls = visible.map((place) => data.samples[place].drugs[drug].call);
      const parts = Object.keys(CALLS).map((call) => [calls.filter((own) => own === call).length, words(call)]);
      figure.querySelector(".tally").textContent = parts.filter(([found]) => found).map((part) => part.join(" ")).join(", ");
    });

  const tell = (said) => {
    const patients = new Set(visible.map((place) => data.samples[place].patient).filter((patient) => patient !== null));
    let text = `${visible.length} of ${rows.length} samples shown, of ${patients.size} known patients`;
    if (said.length) text += `; filtered: ${said.join(", ")}`;
    const head = heads.find((one) => one.dataset.key === sortKey);
    if (head) text += `; sorted by ${head.querySelector("button").textContent}, ${head.getAttribute("aria-sort")}`;
    byId("status").textContent = `${text}.`;
  };

  for (const head of heads) {
    const label = head.querySelector("span");
    const button = el("button", { type: "button" }, label.textContent);
    label.className = "paper"; // where a heading is printed again on the next sheet, a button in it is not
    label.after(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      sortKey = before === "descending" ? null : head.dataset.key;
      direction = before === "ascending" ? -1 : 1;
      if (sortKey) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      show();
    });
  }

  // --- one sample ----------------------------------------------------------------------------------------------------
  const list = (heading, items, none) =>
    el("section", {}, el("h4", {}, heading),
      items.length ? el("ul", {}, ...items.map((item) => el("li", {}, item))) : el("p", {}, none));

  const tableOf = (columns, lines, caption) =>
    el("table", {}, el("caption", { class: "heard" }, caption), el("colgroup", {}, ...columns.map(() => el("col", {}))),
      el("thead", {}, el("tr", {}, ...columns.map((column) => el("th", { scope: "col" }, column)))),
      el("tbody", {}, ...lines));

  // the reference as it is drawn above, and on it this sample's score with its interval
  const drawing = (drug, place) => {
    const above = figures[place].querySelector("svg");
    const [score, low, high] = drug.at;
    if (!above || score === null) return "no score";
    const svg = document.createElementNS(SVG, "svg");
    const shape = (name, attributes) => {
      const made = document.createElementNS(SVG, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      svg.append(made);
    };
    svg.setAttribute("viewBox", above.getAttribute("viewBox"));
    svg.setAttribute("class", "mini");
    svg.setAttribute("aria-hidden", "true"); // the words beside it say the same
    svg.append(above.querySelector(".reference").cloneNode(true));
    if (low !== null && high !== null) shape("line", { x1: low, x2: high, y1: 33, y2: 33, class: "interval" });
    const tip = { sensitive: `M${score + 9} 33l-18 -10v20z`, resistant: `M${score - 9} 33l18 -10v20z` }[drug.call];
    if (tip) shape("path", { d: tip, class: `own ${drug.call}` });
    else shape("circle", { cx: score, cy: 33, r: 8, class: `own ${drug.call}` });
    return svg;
  };

  const drugLine = (drug, place) => {
    const cell = rows[current].cells[5 + place];
    const figured = cell.querySelector("small:last-of-type").textContent;
    return el("tr", { class: cell.classList.contains("muted") ? "muted" : "" },
      el("th", { scope: "row" }, data.drugs[place]),
      el("td", {}, el("span", { class: `said ${drug.call}` }, drug.said)),
      el("td", {}, drawing(drug, place)),
      el("td", {}, drug.score), el("td", {}, figured), el("td", {}, drug.grade), el("td", {}, drug.genes));
  };

  let current = 0;
  const panel = (place) => {
    current = place;
    const sample = data.samples[place];
    const drugs = tableOf(
      ["Drug", "Call", "Score on the reference tumours, with its interval", "Score (interval)", "Percentile · probability (interval)", "Evidence", "Genes found"],
      sample.drugs.map(drugLine), "Drugs");
    const checks = sample.checks.map(([name, value, limits, verdict, apart]) =>
      `${name}: ${value} (limits: ${limits}): ${verdict}${apart ? `; ${apart}` : ""}`);
    return el("div", { class: "panel" },
      el("div", { class: "whole", tabindex: "0", role: "group", "aria-label": `Drugs in ${sample.name}` }, drugs),
      list(`Regimens of the first rank; setting: ${sample.setting}`,
        sample.leaders.map(([id, text]) => `${data.regimens[id]}: ${text}`), "None without a contraindication and for the setting."),
      list("Checks of quality that are not passed", checks, "All passed."),
      list("Limits of this sample, beside those of every sample", sample.caveats.map((own) => data.caveats[own]), "None."));
  };

  const toggle = (place, button) => {
    const open = !details.has(place);
    button.setAttribute("aria-expanded", String(open));
    if (open) {
      const row = el("tr", { class: "detail", id: `detail-${place}` }, el("td", { colspan: heads.length }, panel(place)));
      details.set(place, row);
      rows[place].after(row);
    } else {
      details.get(place).remove();
      details.delete(place);
    }
    highlight(place, open);
  };

  const buttons = rows.map((row, place) => {
    row.classList.add("row");
    const label = row.querySelector(".name");
    const button = el("button", { type: "button", "aria-expanded": "false", "aria-controls": `detail-${place}` }, ...label.childNodes);
    label.append(button);
    button.addEventListener("click", () => toggle(place, button));
    return button;
  });

  // up and down, first and last: from row to row without passing each link
  body.addEventListener("keydown", (event) => {
    const at = visible.findIndex((place) => buttons[place] === event.target);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: visible.length - 1 }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons[visible[to]]?.focus();
  });

  // --- a sample's marks and its row show each other ---------------------------------------------------------------------
  const highlight = (place, yes) => {
    const on = yes || details.has(place);
    rows[place].classList.toggle("hot", on);
    for (const mark of marks[place]) {
      mark.classList.toggle("hot", on);
      // above its neighbours; one that is there already stays, since moving it would break off a click on it
      if (on && mark.parentNode.lastChild !== mark) mark.parentNode.append(mark);
    }
    figures.forEach((figure, drug) => {
      const own = data.samples[place].drugs[drug];
      const where = own.percentile === null ? "no percentile" : `P ${Math.round(own.percentile)}`;
      figure.querySelector(".told").textContent = yes ? `${data.samples[place].name}: ${where}, ${words(own.call)} (${own.grade})` : "";
    });
  };
  const placeOfRow = new Map(rows.map((row, place) => [row, place]));
  const placeOf = (target) => {
    if (target.dataset?.i !== undefined) return +target.dataset.i;
    return placeOfRow.get(target.closest?.("tr.row")) ?? -1;
  };
  for (const area of [body, ...figures]) {
    for (const [event, yes] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]])
      area.addEventListener(event, ({ target }) => {
        const place = placeOf(target);
        if (place >= 0) highlight(place, yes);
      });
  }
  for (const figure of figures)
    figure.addEventListener("click", ({ target }) => {
      const place = placeOf(target);
      if (place < 0 || !visible.includes(place)) return;
      buttons[place].focus();
      buttons[place].scrollIntoView({ block: "center" });
    });

  // --- what is shown, as a table for other programs ------------------------------------------------------------------------
  // an apostrophe keeps a spreadsheet from running a laboratory's own words; numbers stay as they are
  const inert = (cell) => (/^[=+\-@]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell);
  const quoted = (cell) => (/[\t\n\r"]/.test(inert(cell)) ? `"${inert(cell).replaceAll('"', '""')}"` : inert(cell));
  byId("download").addEventListener("click", () => {
    const lines = [data.columns, ...visible.map((place) => data.samples[place].cells)];
    const text = lines.map((line) => `${line.map(quoted).join("\t")}\n`).join("");
    const link = el("a", { download: "cohort-for-research-use.tsv" });
    link.href = URL.createObjectURL(new Blob([text], { type: "text/tab-separated-values;charset=utf-8" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });

  byId("controls").reset(); // a browser may keep what was chosen when the page was last open
  let waiting = 0;
  byId("find").addEventListener("input", () => {
    clearTimeout(waiting); // a listener hears one count a word, not one a letter
    waiting = setTimeout(show, 200);
  });
  byId("controls").addEventListener("change", ({ target }) => target.id === "find" || show());
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("controls").addEventListener("reset", () => setTimeout(show));
  byId("controls").hidden = false;
  show();
})();
