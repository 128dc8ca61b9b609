// What makes the pages quicker for those whose browser runs scripts. Nothing here is needed to read, write or moderate.
(() => {
  "use strict";

  // A reply is written under the comment it answers.
  // The links lead to a page of their own without a script; here the form itself comes to the comment.
  function repliesInPlace() {
    const respond = document.getElementById("respond");
    const form = document.getElementById("comment-form");
    const parent = form?.elements.namedItem("parent");
    if (!respond || !parent) return;

    const home = document.createComment("respond");
    respond.before(home);
    const replying = respond.querySelector("[data-replying]");
    const cancel = respond.querySelector("[data-cancel-reply]");
    const nameSlot = replying?.querySelector("[data-replying-name]") ?? replying?.querySelector("bdi") ?? null;
    let asked = null;

    function writeBody() {
      respond.scrollIntoView({ block: "nearest" });
      form.elements.namedItem("body")?.focus();
    }

    document.addEventListener("click", (event) => {
      if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      if (!(event.target instanceof Element)) return;
      const link = event.target.closest("a[data-reply]");
      if (!link) return;
      const comment = document.getElementById(`comment-${link.dataset.reply}`);
      if (!comment) return;

      event.preventDefault();
      asked = link;
      parent.value = link.dataset.reply;
      comment.after(respond);
      if (nameSlot) nameSlot.textContent = link.dataset.replyName ?? "";
      if (replying) replying.hidden = false;
      writeBody();
    });

    cancel?.addEventListener("click", (event) => {
      if (!asked && cancel.matches("a[href]")) return; // the page was served as a reply: the link leads to the plain form
      event.preventDefault();
      home.after(respond);
      parent.value = "";
      if (replying) replying.hidden = true;
      (asked ?? form.elements.namedItem("body"))?.focus();
      asked = null;
    });
  }

  // Unsent text survives a reload or a wrong turn, in this tab only.
  function keepDrafts() {
    for (const field of document.querySelectorAll('textarea[name="body"]')) {
      const key = `agora:draft:${location.pathname}${field.form?.id ? `#${field.form.id}` : ""}`;
      try {
        const kept = sessionStorage.getItem(key);
        if (kept && !field.value) field.value = kept;
      } catch {
        return; // storage refused: nothing to keep
      }
      const remember = () => {
        try {
          if (field.value) sessionStorage.setItem(key, field.value);
          else sessionStorage.removeItem(key);
        } catch { /* storage full or refused */ }
      };
      field.addEventListener("input", remember);
      field.form?.addEventListener("submit", () => {
        try {
          sessionStorage.removeItem(key);
        } catch { /* storage refused */ }
      });
    }
  }

  // A second click within three seconds does not send the form twice. Buttons stay enabled, so their name is sent.
  function sendOnce() {
    const pause = 3000;
    const release = (form) => {
      delete form.dataset.sentAt;
      form.removeAttribute("aria-busy");
    };

    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (event.defaultPrevented || !(form instanceof HTMLFormElement) || !form.hasAttribute("data-once")) return;
      const now = performance.now();
      if (form.dataset.sentAt && now - Number(form.dataset.sentAt) < pause) {
        event.preventDefault();
        return;
      }
      form.dataset.sentAt = String(now);
      form.setAttribute("aria-busy", "true");
      setTimeout(release, pause, form);
    });
    window.addEventListener("pageshow", () => document.querySelectorAll("form[data-once]").forEach(release));
  }

  repliesInPlace();
  keepDrafts();
  sendOnce();
})();
