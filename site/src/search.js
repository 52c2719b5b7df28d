(() => {
  const up = document.currentScript.dataset.up;
  const form = document.querySelector(".search");
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  form.hidden = false;
  const find = (words) => INDEX
    .map((entry) => {
      const [name, kind, text] = entry.map((part) => part.toLowerCase());
      const score = words.map((word) =>
        name.startsWith(word) ? 4 : name.includes(word) ? 3 : kind.startsWith(word) ? 2 : text.includes(word) ? 1 : 0);
      return [score.includes(0) ? 0 : score.reduce((a, b) => a + b, 0), entry];
    })
    .filter(([score]) => score > 0)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 12);
  input.addEventListener("input", () => {
    const words = input.value.toLowerCase().split(/[\s_]+/).filter(Boolean);
    const found = words.length ? find(words) : [];
    list.replaceChildren(...found.map(([, [name, kind, , to]]) => {
      const item = document.createElement("li");
      const link = item.appendChild(document.createElement("a"));
      link.href = up + to;
      link.textContent = name;
      link.appendChild(document.createElement("small")).textContent = kind;
      return item;
    }));
    list.hidden = !found.length;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement === document.body) {
      event.preventDefault();
      input.focus();
    } else if (event.key === "Escape") {
      list.hidden = true;
      input.blur();
    }
  });
  document.addEventListener("click", (event) => { if (!form.contains(event.target)) list.hidden = true; });
  if (matchMedia("(max-width: 60rem)").matches) document.querySelector("nav > details").open = false;
})();
