// The moderators' queue, quicker: keys, decisions without leaving the page, more cases as they are needed.
// Every form and link of the page does the same without this.
(() => {
  "use strict";
  const main = document.querySelector("main[data-queue]");
  const list = document.getElementById("cases");
  if (!main || !list) return;

  const FEW = 8; // cases left, at which the next ones are fetched
  const SETTLED = 1500; // milliseconds after which a case that one looks at is taken in hand
  const UNDO = 60_000;
  const DECIDING = "arhs";
  const HOVERS = matchMedia("(hover: hover)"); // a pointer that rests somewhere, and not a finger
  const decided = new Set();
  const undos = [];
  let sending = Promise.resolve();
  let waiting = 0; // decisions on their way
  let fetching = null;
  let asked = null; // the decision for which a reason is being given: {form, button}
  let claiming = 0;
  let tapped = -1000;
  let mine = null; // the case that was taken in hand by looking at it

  // Cases

  const cases = () => [...list.querySelectorAll("article.case")];
  const current = () => list.querySelector('article.case[aria-current="true"]');
  const idOf = (article) => article.querySelector("h2")?.id ?? "";
  const formOf = (article) => article.querySelector("form.decide");
  const bulk = () => document.getElementById("bulk");
  const boxes = () => [...list.querySelectorAll('input[name="selected"]')];
  const selection = () => boxes().filter((box) => box.checked);

  function makeCurrent(article, { focus = true } = {}) {
    const before = current();
    if (before !== article) {
      before?.removeAttribute("aria-current");
      article.setAttribute("aria-current", "true");
      letGo(article);
    }
    if (!focus) return;
    article.tabIndex = -1;
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "nearest" });
    clearTimeout(claiming);
    claiming = setTimeout(takeInHand, SETTLED, article);
  }

  function move(by) {
    const all = cases();
    const at = all.indexOf(current());
    const next = all[at < 0 ? 0 : Math.min(Math.max(at + by, 0), all.length - 1)];
    if (next) makeCurrent(next);
  }

  // Taking a case out of the list. With a pointer its place stays, so that nothing moves under it.
  function takeOut(article, byPointer) {
    const all = cases();
    const next = all[all.indexOf(article) + 1] ?? all[all.indexOf(article) - 1];
    const place = document.createElement("div");
    if (byPointer) {
      place.className = "decided";
      place.textContent = article.querySelector("h2")?.textContent ?? "";
      place.style.blockSize = `${article.getBoundingClientRect().height}px`;
    }
    article.replaceWith(place);
    if (!byPointer) {
      if (next) makeCurrent(next);
      else main.querySelector("h1")?.focus();
    }
    decided.add(idOf(article));
    return place;
  }

  function putBack(article, place) {
    decided.delete(idOf(article));
    if (place?.isConnected) place.replaceWith(article);
    else list.prepend(article);
  }

  // Sending

  function fieldsOf(form, button) {
    const fields = new URLSearchParams(new FormData(form, button));
    fields.set("quick", "yes");
    return fields;
  }

  // The page's answer. A form's own `action` may be hidden by a button of that name.
  async function post(form, fields) {
    const answer = await fetch(form.getAttribute("action").split("#")[0], { method: "POST", body: fields });
    return { ok: answer.ok, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  }

  // What was sent is taken out at once; it comes back if it was not accepted.
  function send(form, button, articles, byPointer = false) {
    const copy = form.cloneNode(true);
    const fields = fieldsOf(form, button);
    const places = articles.map((article) => [article, takeOut(article, byPointer)]);
    asked = null;
    waiting += 1;
    sending = sending.then(() => settle(copy, fields, places));
    fetchMore();
  }

  async function settle(form, fields, places) {
    try {
      const { ok, page } = await post(form, fields);
      if (!page.getElementById("numbers")) return elsewhere(form, fields);
      show(page);
      if (ok) done(form.id);
      else refused(page, places, fields);
    } catch {
      for (const [article, place] of places) putBack(article, place);
      complain(list.dataset.unsent);
    } finally {
      waiting -= 1;
      fetchMore();
    }
  }

  // The answer is not about the queue: the session has ended, or the site is out of breath. Its page says so.
  function elsewhere(form, fields) {
    fields.delete("quick");
    form.replaceChildren(
      ...[...fields].map(([name, value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })),
    );
    form.hidden = true;
    document.body.append(form);
    waiting = 1;
    HTMLFormElement.prototype.submit.call(form);
  }

  function refused(page, places, fields) {
    const fresh = new Map([...page.querySelectorAll("article.case")].map((article) => [idOf(article), article]));
    for (const [article, place] of places) {
      const other = fresh.get(idOf(article));
      const stillWaits = !other || other.querySelector("form.hand") || fields.get("explanation");
      if (stillWaits) putBack(other ? withWords(document.adoptNode(other), fields) : article, place);
    }
    const first = places[0] && document.getElementById(idOf(places[0][0]))?.closest("article");
    if (first) {
      makeCurrent(first);
      first.querySelector('[aria-invalid="true"]')?.focus();
    }
  }

  // What was written is not lost with the card that it was written on.
  function withWords(article, fields) {
    const words = article.querySelector('[name="explanation"]');
    if (!words || words.value || !fields.get("explanation")) return article;
    words.value = fields.get("explanation");
    words.closest("details").open = true;
    return article;
  }

  function show(page) {
    for (const id of ["told", "numbers"]) {
      const here = document.getElementById(id);
      const there = page.getElementById(id);
      if (here && there) here.replaceChildren(...there.childNodes);
    }
    const { waiting: count } = page.getElementById("numbers").dataset;
    document.getElementById("numbers").dataset.waiting = count;
    document.title = titleFor(count);
  }

  function titleFor(count) {
    const plain = document.title.replace(/ \(\d+\)/, "");
    return Number(count) ? plain.replace(" —", ` (${count}) —`) : plain;
  }

  function complain(text) {
    const said = document.createElement("div");
    said.className = "flash bad told";
    said.setAttribute("role", "alert");
    said.textContent = text;
    document.getElementById("told").replaceChildren(said);
  }

  // Undo

  function done(formId) {
    remember();
    if (formId !== "bulk") return;
    bulk()?.reset();
    const why = bulk()?.querySelector("details");
    if (why) why.open = false;
    countSelected();
  }

  function remember() {
    const form = document.querySelector("#told form[data-undo]");
    if (!form) return;
    undos.push(form);
    setTimeout(() => {
      undos.splice(undos.indexOf(form), undos.includes(form) ? 1 : 0);
      form.remove();
    }, UNDO);
  }

  function undo(form) {
    sending = sending.then(async () => {
      const last = form ?? undos.at(-1);
      if (!last) return;
      undos.splice(undos.indexOf(last), 1);
      try {
        const { page } = await post(last, fieldsOf(last, last.querySelector("button")));
        if (!page.getElementById("numbers")) return void location.reload();
        show(page);
        bringBack([...page.querySelectorAll("article.case")]);
      } catch {
        complain(list.dataset.unsent);
      }
    });
  }

  function bringBack(articles) {
    const before = current();
    for (const article of articles.map((each) => document.adoptNode(each))) {
      decided.delete(idOf(article));
      document.getElementById(idOf(article))?.closest("article")?.remove();
      if (before?.isConnected) before.before(article);
      else list.prepend(article);
      addVersion(article);
    }
    const first = articles[0] && document.getElementById(idOf(articles[0]))?.closest("article");
    if (first) makeCurrent(first);
    tellEmpty();
  }

  function addVersion(article) {
    const form = bulk();
    const version = article.querySelector('form.decide [name="version"]');
    if (!form || !version) return;
    const name = `version-${idOf(article).split("-")[1]}`;
    form.querySelector(`[name="${name}"]`)?.remove();
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: version.value }));
  }

  // More cases

  function fetchMore() {
    tellEmpty();
    const pager = document.querySelector(".pager a[rel=next]");
    if (fetching || cases().length >= FEW) return;
    if (!pager && (cases().length || waiting)) return;
    fetching = fetchPage(pager?.href ?? location.href.split("#")[0], Boolean(pager)).finally(() => {
      fetching = null;
    });
  }

  async function fetchPage(url, isNext) {
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = [...page.querySelectorAll("#cases > article.case")].filter(
      (article) => !decided.has(idOf(article)) && !document.getElementById(idOf(article)),
    );
    for (const article of fresh.map((each) => document.adoptNode(each))) {
      list.append(article);
      addVersion(article);
    }
    const pager = document.querySelector("nav.pager");
    const following = page.querySelector("nav.pager a[rel=next]");
    if (isNext && !following) pager?.remove();
    else if (pager && following) pager.querySelector("a[rel=next]").href = following.href;
    if (fresh.length && !current()) makeCurrent(cases()[0]);
    tellEmpty();
  }

  function tellEmpty() {
    const empty = main.querySelector("[data-all-done]");
    if (empty) empty.hidden = cases().length > 0 || Boolean(fetching);
  }

  // Deciding

  function attempt(form, button, byPointer = false) {
    const clause = form.elements.namedItem("reason");
    const words = form.elements.namedItem("explanation");
    const ready = form.elements.namedItem("ready");
    const needsClause = button.dataset.asks === "clause" && !clause?.value && !ready?.value;
    const needsWords = button.dataset.asks === "words" && !words?.value.trim() && !ready?.value;
    if (needsClause || needsWords) {
      askWhy(form, button, needsClause ? clause : words);
      return;
    }
    const chosen = form === bulk() ? selection().map((box) => box.closest("article")) : [form.closest("article")];
    if (chosen.length) send(form, button, chosen, byPointer);
  }

  function askWhy(form, button, field) {
    asked = { form, button };
    form.querySelector("details").open = true;
    const article = form.closest("article");
    field?.focus({ preventScroll: true });
    (article ?? form).scrollIntoView({ block: "nearest" });
    field?.scrollIntoView({ block: "nearest" });
    if (article) takeInHand(article);
  }

  // Where a finger takes a case out, the next one comes to its place: a second tap was meant for the first.
  function isSecondTap(event) {
    const isSoon = event.timeStamp - tapped < 400;
    tapped = event.timeStamp;
    return isSoon && !HOVERS.matches;
  }

  main.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.matches("form.decide, #bulk") && event.submitter?.name === "decision") {
      if (form === bulk() && !selection().length) return; // the page says that something must be selected
      event.preventDefault();
      if (isSecondTap(event)) return;
      attempt(form, event.submitter, HOVERS.matches && event.submitter.matches(":hover"));
    } else if (form.matches("form[data-undo]")) {
      event.preventDefault();
      undo(form);
    } else if (form.matches("form.hand")) {
      event.preventDefault();
      mine = null;
      hand(form, event.submitter);
    }
  });

  // Taking in hand

  async function hand(form, button) {
    const hadFocus = form.contains(document.activeElement);
    const { page } = await post(form, fieldsOf(form, button)).catch(() => ({ page: null }));
    const fresh = page?.querySelector("form.hand");
    if (!fresh || !form.isConnected) return;
    form.replaceWith(document.adoptNode(fresh));
    if (hadFocus) (fresh.querySelector("button") ?? fresh.closest("article"))?.focus();
  }

  function takeInHand(article) {
    const form = article.querySelector("form.hand");
    const button = form?.querySelector('button[value="claim"]');
    if (!button || mine === article || !article.isConnected) return;
    mine = article;
    hand(form, button);
  }

  function letGo(article) {
    clearTimeout(claiming);
    const form = mine?.isConnected && mine !== article ? mine.querySelector("form.hand") : null;
    const button = form?.querySelector('button[value="release"]');
    mine = mine === article ? mine : null;
    if (button) hand(form, button);
  }

  // Reasons

  main.addEventListener("change", (event) => {
    const { target } = event;
    if (target.name === "ready") fillIn(target);
    if (target.name === "selected") countSelected();
  });

  function fillIn(select) {
    const ready = document.querySelector(`#ready-reasons [data-ready="${CSS.escape(select.value)}"]`);
    if (!ready) return;
    const clause = select.form.elements.namedItem("reason");
    const words = select.form.elements.namedItem("explanation");
    if (ready.dataset.clause) clause.value = ready.dataset.clause;
    if (!words.value.trim()) words.value = ready.textContent;
  }

  function countSelected() {
    const count = selection().length;
    const told = main.querySelector("[data-selected]");
    if (told) told.textContent = count ? `· ${count}` : "";
  }

  // Why the filter takes it for spam: a piece of the case's own page, brought here.
  list.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-why]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const answer = await fetch(link.href).catch(() => null);
    const page = answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
    const why = page?.getElementById("why-spam");
    if (!why) return void (location.href = link.href);
    for (const named of [why, ...why.querySelectorAll("[id]")]) named.removeAttribute("id");
    why.removeAttribute("aria-labelledby");
    why.setAttribute("role", "status");
    link.closest(".case-acts").before(document.adoptNode(why));
    link.remove();
  });

  // Keys

  const help = makeHelp();
  const keysOn = document.getElementById("keys-on");

  function makeHelp() {
    const section = document.getElementById("keys");
    if (!section) return null;
    const dialog = document.createElement("dialog");
    dialog.className = "help";
    dialog.setAttribute("aria-labelledby", "keys-title");
    section.replaceWith(dialog);
    dialog.append(section);
    for (const hidden of section.querySelectorAll("[data-switch], [data-close]")) hidden.hidden = false;
    return dialog;
  }

  function switchKeys(on) {
    main.dataset.keys = on ? "on" : "off";
    if (keysOn) keysOn.checked = on;
    try {
      localStorage.setItem("agora:keys", on ? "on" : "off");
    } catch { /* storage refused: as the page says, for now */ }
  }

  function keysWanted() {
    try {
      return localStorage.getItem("agora:keys") !== "off";
    } catch {
      return true;
    }
  }

  main.dataset.keys = keysWanted() ? "on" : "off";
  if (keysOn) keysOn.checked = keysWanted();
  keysOn?.addEventListener("change", () => switchKeys(keysOn.checked));

  const isField = (element) =>
    element instanceof HTMLElement &&
    (element.matches("textarea, select, input:not([type=checkbox], [type=radio])") || element.isContentEditable);

  document.addEventListener("keydown", (event) => {
    if (main.dataset.keys !== "on" || event.altKey || event.metaKey || help?.open) return;
    if (isField(event.target)) return inField(event);
    if (event.ctrlKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.repeat && !"jk".includes(key)) return;
    if (press(key)) event.preventDefault();
  });

  // True where the key meant something here.
  function press(key) {
    if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (key === "u") undo();
    else if (key === "?") help?.showModal();
    else if (key === "x") return toggle();
    else if (key === "o") current()?.querySelector("a[data-story]")?.click();
    else if (key.length === 1 && DECIDING.includes(key)) return decideBy(key);
    else return false;
    return true;
  }

  function toggle() {
    const box = current()?.querySelector('input[name="selected"]');
    box?.click();
    return Boolean(box);
  }

  function decideBy(key) {
    if (!current()) {
      move(1);
      return true;
    }
    const form = selection().length ? bulk() : formOf(current());
    const button = form?.querySelector(`button[data-key="${key}"]`);
    if (button) attempt(form, button);
    return Boolean(button);
  }

  // In a field the keys write; but where a reason is asked for, figures choose the clause and Enter sends.
  function inField(event) {
    const { target } = event;
    if (event.key === "Escape" && target.closest("details")) {
      event.preventDefault();
      leaveReason(target);
      return;
    }
    const isWhy = target.matches('select[name="reason"], select[name="ready"]');
    const figure = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (isWhy && figure && !event.ctrlKey) {
      event.preventDefault();
      chooseNumber(target, Number(figure));
    } else if (event.key === "Enter" && (isWhy || event.ctrlKey) && asked?.form === target.form) {
      event.preventDefault();
      attempt(asked.form, asked.button);
    }
  }

  function chooseNumber(select, figure) {
    const option = select.name === "reason" ? [...select.options].find((o) => Number(o.value) === figure) : select.options[figure];
    if (!option) return;
    select.value = option.value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function leaveReason(field) {
    const article = field.closest("article") ?? current();
    asked = null;
    const details = field.closest("details");
    if (details) details.open = false;
    if (article) makeCurrent(article);
  }

  // Whatever is looked at is the current case.
  list.addEventListener("focusin", (event) => {
    const article = event.target.closest("article.case");
    if (article && article !== current()) makeCurrent(article, { focus: false });
  });

  document.querySelector("[data-help]")?.addEventListener("click", (event) => {
    if (!help) return;
    event.preventDefault();
    help.showModal();
  });

  document.querySelector("[data-select-all]")?.addEventListener("click", (event) => {
    event.preventDefault();
    const all = boxes();
    const on = all.some((box) => !box.checked);
    for (const box of all) box.checked = on;
    countSelected();
  });

  window.addEventListener("beforeunload", (event) => {
    if (waiting > 0) event.preventDefault();
  });

  remember();
  countSelected();
  const named = location.hash && document.getElementById(location.hash.slice(1))?.closest("article.case");
  if (named) makeCurrent(named, { focus: false });
})();
