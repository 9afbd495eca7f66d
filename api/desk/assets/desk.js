// What every page of the desk does in the browser: dialogues and what they send, sounds, the bar of a lost connection.
(() => {
  const config = JSON.parse(document.getElementById("desk-config").textContent);
  const DRAFT = "desk-draft", SOUND = "desk-sound", HEARD = "desk-heard", SAID = "desk-said";

  function make(tag, classes, text) {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // --- short messages -------------------------------------------------------------------------------------------
  function say(text, kind = "good", stays = false) {
    let box = document.getElementById("desk-notes");
    if (!box) {
      box = make("div", "dk-notes");
      box.id = "desk-notes";
      box.setAttribute("role", "status");
      document.body.append(box);
    }
    const note = make("div", "dk-note " + kind, text);
    const close = make("button", "dk-close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "关闭");
    close.onclick = () => note.remove();
    note.append(close);
    box.append(note);
    if (!stays) setTimeout(() => note.remove(), 6000);
    return note;
  }

  function toSignIn() {
    location.assign("/sign-in?ended=1&next=" + encodeURIComponent(location.pathname + location.search));
  }

  // --- actions: by HTTP, so that the answer says what became of it ----------------------------------------------
  async function send(path, body) {
    let answer;
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), 15000);
    try {
      answer = await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRF-Token": config.csrf },
        body: JSON.stringify(body),
        signal: patience.signal,
        credentials: "same-origin",
      });
    } catch (error) {
      return { lost: true };
    } finally {
      clearTimeout(timer);
    }
    if (answer.status === 401) {
      keepDraft();
      toSignIn();
      return { left: true };
    }
    let told = {};
    try {
      told = await answer.json();
    } catch (error) {
      return { lost: true };
    }
    return { ...told, ok: answer.ok, status: answer.status, text: told.text || "没有办成" };
  }

  let draft = null;
  function keepDraft() {
    if (draft) sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  }
  function dropDraft() {
    draft = null;
    sessionStorage.removeItem(DRAFT);
  }

  function field(spec, values) {
    const label = make("label", "dk-field");
    label.append(make("span", "", spec.label + (spec.required || spec.blank ? "" : "（可不填）")));
    let input;
    if (spec.kind === "choice") {
      input = make("div", "dk-radios");
      for (const [value, word] of spec.options) {
        const one = make("label", "dk-radio");
        const radio = make("input");
        radio.type = "radio";
        radio.name = spec.name;
        radio.value = value;
        radio.checked = String(values[spec.name] ?? spec.options[0][0]) === String(value);
        one.append(radio, make("span", "", word));
        input.append(one);
      }
    } else if (spec.kind === "people" || spec.kind === "select") {
      const options = spec.kind === "people" ? config.people : spec.options;
      input = make("select");
      input.name = spec.name;
      for (const [code, name] of spec.blank ? [["", spec.blank], ...options] : options) {
        const option = make("option", "", name);
        option.value = code;
        input.append(option);
      }
      if (values[spec.name]) input.value = values[spec.name];
    } else if (["time", "line", "secret"].includes(spec.kind)) {
      input = make("input");
      input.type = { time: "datetime-local", line: "text", secret: "password" }[spec.kind];
      input.name = spec.name;
      input.maxLength = spec.longest || 200;
      input.autocomplete = spec.fills || "off";
      input.value = values[spec.name] || "";
    } else {
      input = make("textarea");
      input.name = spec.name;
      input.rows = 2;
      input.maxLength = spec.longest || 1000;
      input.value = values[spec.name] || "";
      if (spec.hints) {
        const hints = make("div", "dk-hints");
        for (const hint of spec.hints) {
          const button = make("button", "dk-hint", hint);
          button.type = "button";
          button.onclick = () => {
            input.value = hint;
            input.dispatchEvent(new Event("input", { bubbles: true }));
            input.focus();
          };
          hints.append(button);
        }
        label.append(hints);
      }
    }
    label.append(input);
    return label;
  }

  function ask(act, about, values = {}, note = "") {
    const spec = config.dialogs[act];
    if (!spec) return;
    document.getElementById("desk-dialog")?.remove();
    const dialog = make("dialog", "dk-dialog");
    dialog.id = "desk-dialog";
    const form = make("form");
    form.method = "dialog";
    form.append(make("h2", "", spec.title));
    if (about.title) form.append(make("p", "dk-about", about.title));
    if (spec.explain) form.append(make("p", "dk-explain", spec.explain));
    for (const one of spec.fields) form.append(field(one, values));
    const seen = make("div", "dk-foresee");
    if (spec.preview) form.append(seen);
    const trouble = make("p", "dk-trouble", note);
    trouble.setAttribute("role", "alert");
    const buttons = make("div", "dk-buttons");
    const cancel = make("button", "dk-button", "取消");
    cancel.type = "button";
    cancel.onclick = () => {
      dropDraft();
      dialog.remove();
    };
    const confirm = make("button", "dk-button dk-confirm", spec.confirm);
    confirm.type = "submit";
    buttons.append(cancel, confirm);
    form.append(trouble, buttons);
    const given = () => Object.fromEntries(new FormData(form));
    // what is kept for a page that is read anew holds no password
    const kept = () => Object.fromEntries(Object.entries(given()).filter(
      ([name]) => !spec.fields.some((one) => one.name === name && one.kind === "secret")));
    const at = (path) => path.replace("{id}", about.id ?? "");
    draft = { act, about, values: kept(), sent: false, at: location.pathname };
    let asked = 0;
    async function foresee() {
      const mine = ++asked;
      const told = await send(at(spec.preview), given());
      if (mine !== asked || told.left) return;
      seen.replaceChildren(make("p", told.ok ? "dk-about" : "warn", told.lost ? "暂时看不到结果" : told.text));
      for (const line of told.lines || []) seen.append(make("p", line.tone, line.text));
    }
    let waiting = null;
    form.addEventListener("input", () => {
      if (draft) draft.values = kept();
      if (spec.preview) {
        clearTimeout(waiting);
        waiting = setTimeout(foresee, 250);
      }
    });
    if (spec.preview) foresee();
    dialog.addEventListener("cancel", () => {
      dropDraft();
      setTimeout(() => dialog.remove());
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const values = given();
      const missing = spec.fields.find((one) => one.required && !String(values[one.name] ?? "").trim());
      if (missing) {
        trouble.textContent = `请填写${missing.label}`;
        return;
      }
      draft = { act, about, values: kept(), sent: true, at: location.pathname };
      keepDraft();
      confirm.disabled = true;
      trouble.textContent = "正在办理…";
      const told = await send(at(spec.path), values);
      confirm.disabled = false;
      if (told.left) return;
      if (told.lost) {
        trouble.textContent = "没有收到答复：可能没有办成，也可能已经办成。连接恢复后请先看记录，再决定是否重试。";
        return;
      }
      if (told.ok || (told.status === 409 && !spec.stay)) {
        dropDraft();
        if (told.secret) {
          tellSecret(dialog, told);
          return;
        }
        dialog.remove();
        if (spec.reload && told.ok) {
          sessionStorage.setItem(SAID, told.text);
          location.assign(told.to || location.href);
          return;
        }
        say(told.text, told.ok ? "good" : "bad", !told.ok);
        return;
      }
      trouble.textContent = told.text;
    });
    dialog.append(form);
    document.body.append(dialog);
    dialog.showModal();
    (spec.focus ? form.querySelector(`[name=${spec.focus}]`) : confirm)?.focus();
  }

  // what is shown once and kept nowhere
  function tellSecret(dialog, told) {
    const close = make("button", "dk-button dk-confirm", "已记下，关闭");
    close.type = "button";
    const leave = () => location.reload();
    close.onclick = leave;
    dialog.addEventListener("cancel", leave);
    const buttons = make("div", "dk-buttons");
    buttons.append(close);
    dialog.replaceChildren(make("h2", "", told.text), make("p", "dk-explain", "只显示这一次，请转告本人并提醒其登录后修改。"),
      make("p", "dk-secret", told.secret), buttons);
  }

  // what was typed survives a page that had to be read anew
  function restore() {
    const told = sessionStorage.getItem(SAID);
    if (told) {
      sessionStorage.removeItem(SAID);
      say(told);
    }
    const kept = sessionStorage.getItem(DRAFT);
    if (!kept) return;
    sessionStorage.removeItem(DRAFT);
    try {
      const old = JSON.parse(kept);
      if (old.at !== location.pathname || !config.dialogs[old.act]) return;
      ask(old.act, old.about, old.values,
        old.sent ? "刚才的提交没有收到答复。请先看这条告警现在的状态，再决定是否重试。" : "页面重新载入了，刚才填写的内容还在。");
    } catch (error) {
      console.warn(error);
    }
  }

  // --- sound ----------------------------------------------------------------------------------------------------
  let player = null;
  function sounding() {
    return localStorage.getItem(SOUND) === "on";
  }
  function showSound() {
    for (const button of document.querySelectorAll("[data-desk=sound]")) {
      button.textContent = sounding() ? (player ? "声音：开" : "声音：点一下继续") : "声音：关";
      button.title = "新告警响一声，严重告警连响三声。" + (sounding() ? "点一下关掉。" : "点一下打开，并试响一声。");
      button.classList.toggle("off", !sounding() || !player);
    }
  }
  async function play(name) {
    if (!sounding()) return;
    const sound = new Audio(`/desk/sounds/${name}.wav`);
    window.desk.played.push(name);
    try {
      await sound.play();
      player = sound;
      document.getElementById("desk-muted")?.remove();
    } catch (error) {
      player = null;
      muted();
    }
    showSound();
  }
  function toggleSound() {
    if (sounding() && player) {
      localStorage.setItem(SOUND, "off");
      player = null;
      showSound();
    } else {
      localStorage.setItem(SOUND, "on");
      play("new");
    }
  }
  // whoever has turned the sound on must know when nothing is to be heard
  function muted() {
    if (document.getElementById("desk-muted")) return;
    const note = say("浏览器挡住了提示音。点一下页面任意处就能响；要长期允许，请在浏览器的网站设置里允许播放声音。", "bad", true);
    note.id = "desk-muted";
  }
  // browsers let a page sound only after somebody has touched it; any touch will do once the wish is known
  for (const touch of ["pointerdown", "keydown"])
    document.addEventListener(touch, () => {
      if (sounding() && !player) {
        player = new Audio("/desk/sounds/new.wav");
        document.getElementById("desk-muted")?.remove();
        showSound();
      }
    });

  // told: newest (number of a line of the histories), critical, words, href
  function arrived(told, missed = false) {
    if (told.newest <= Number(sessionStorage.getItem(HEARD) || 0)) return;
    sessionStorage.setItem(HEARD, told.newest);
    play(told.critical ? "critical" : "new");
    document.querySelector(".dk-note.dk-arrived." + (told.critical ? "bad" : "warn"))?.remove();
    const head = (missed ? "离开期间有" : "") + (told.critical ? "新的严重告警：" : "新告警：");
    const note = say(head, told.critical ? "bad" : "warn", told.critical || missed);
    note.classList.add("dk-arrived");
    const link = make("a", "", told.words);
    link.href = told.href;
    note.insertBefore(link, note.lastChild);
  }
  // what came while no page of this window was listening
  async function missed() {
    const known = sessionStorage.getItem(HEARD);
    try {
      const answer = await fetch("/desk/arrivals" + (known ? "?after=" + known : ""), { credentials: "same-origin" });
      if (!answer.ok) return;
      const told = await answer.json();
      if (told.told) arrived(told.told, true);
      // a smaller number: this is another database than the one this window knew
      const heard = Number(sessionStorage.getItem(HEARD) || 0);
      if (told.newest > heard || told.newest < Number(known)) sessionStorage.setItem(HEARD, told.newest);
    } catch (error) {
      lost();
    }
  }

  // --- the line to the server -----------------------------------------------------------------------------------
  let heard = new Date();
  function time(at) {
    return at.toLocaleTimeString("zh-CN", { timeZone: "Asia/Shanghai", hour12: false });
  }
  function bar(text) {
    let shown = document.getElementById("desk-lost");
    if (!text) {
      shown?.remove();
      document.body.classList.remove("dk-lost");
      return;
    }
    if (!shown) {
      shown = make("div", "dk-lostbar");
      shown.id = "desk-lost";
      shown.setAttribute("role", "alert");
      document.body.prepend(shown);
    }
    shown.textContent = text;
    document.body.classList.add("dk-lost");
  }
  function lost() {
    if (document.body.classList.contains("dk-lost")) return;
    bar(`连接中断，数据停在 ${time(heard)}。正在重新连接，恢复后自动更新。`);
  }
  async function stillSignedIn() {
    try {
      const answer = await fetch("/desk/session", { credentials: "same-origin" });
      if (answer.status === 401) toSignIn();
    } catch (error) {
      lost();
    }
  }
  function attach() {
    const socket = window.socket;
    if (!socket) {
      setTimeout(attach, 50);
      return;
    }
    const listen = () => socket.io.engine?.on("packet", () => (heard = new Date()));
    socket.on("connect", () => {
      heard = new Date();
      listen();
      bar("");
    });
    socket.on("disconnect", () => {
      keepDraft();
      lost();
    });
    socket.on("connect_error", () => {
      keepDraft();
      lost();
      stillSignedIn();
    });
    if (socket.connected) listen();
  }
  window.addEventListener("offline", () => lost());
  window.addEventListener("online", async () => {
    await stillSignedIn();
    if (window.socket?.connected) bar("");
    else window.socket?.connect();
  });

  // --- buttons that pages put anywhere --------------------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-desk]");
    if (!button) return;
    const kind = button.dataset.desk;
    if (kind === "sound") toggleSound();
    else if (kind === "act") {
      const values = JSON.parse(button.dataset.values || "{}");
      ask(button.dataset.act, { id: button.dataset.id, title: button.dataset.title }, values);
    }
    else if (kind === "back" && document.referrer.startsWith(location.origin + "/?") ) {
      // the list as it was narrowed
      event.preventDefault();
      history.back();
    }
  });

  window.desk = { ask, say, arrived, ended: toSignIn, played: [], title: (text) => (document.title = text) };
  attach();
  showSound();
  restore();
  missed();
  // parts that Vue puts in later read their words when they appear
  new MutationObserver(() => {
    const waiting = document.querySelector("[data-desk=sound]:empty");
    if (waiting) showSound();
  }).observe(document.body, { childList: true, subtree: true });
})();
