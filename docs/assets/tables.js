// A table wider than the screen scrolls in a box of its own: the keyboard reaches it, too.
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) box.tabIndex = 0;
});
