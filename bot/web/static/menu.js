// The service menu: in the page on a first visit and on wide screens (style sheet), otherwise a sheet
// over the page that opens from the composer.

export function makeMenu(menu, opener, closer, onPick) {
  const isOpen = () => menu.classList.contains("open");

  function show(open, giveFocusBack) {
    const was = isOpen();
    menu.classList.toggle("open", open);
    opener.setAttribute("aria-expanded", String(open));
    if (open) menu.focus({ preventScroll: true });
    else if (was && giveFocusBack) opener.focus();
  }

  opener.addEventListener("click", (e) => {
    e.stopPropagation();
    show(!isOpen(), true);
  });
  closer.addEventListener("click", () => show(false, true));
  menu.addEventListener("keydown", (e) => { if (e.key === "Escape") show(false, true); });
  // The open sheet must not cover whatever has the focus or was tapped.
  menu.addEventListener("focusout", (e) => {
    if (e.relatedTarget && !menu.contains(e.relatedTarget) && e.relatedTarget !== opener) show(false);
  });
  document.addEventListener("click", (e) => { if (!menu.contains(e.target)) show(false); });
  menu.addEventListener("click", (e) => {
    const pick = e.target.closest("[data-service]");
    if (pick) onPick(pick.dataset.service, pick.textContent.trim());
  });

  return { close: () => show(false) };
}
