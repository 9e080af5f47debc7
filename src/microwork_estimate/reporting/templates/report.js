"use strict";
// The dial: every position was written beforehand; moving it only shows another one.
(function () {
  const data = document.getElementById("dial-data");
  const box = document.getElementById("dial-box");
  if (!data || !box) { return; }
  const steps = JSON.parse(data.textContent);
  const range = document.getElementById("dial-range");
  const place = (id) => document.getElementById("dial-" + id);
  function show() {
    const step = steps[Number(range.value)];
    for (const part of ["now", "meaning", "estimate", "interval"]) { place(part).textContent = step[part]; }
    place("bar").style.left = 100 * step.low + "%";
    place("bar").style.width = 100 * (step.high - step.low) + "%";
    place("point").style.left = 100 * step.at + "%";
    range.setAttribute("aria-valuetext", step.now);
  }
  range.addEventListener("input", show);
  box.hidden = false;
  show();
}());
