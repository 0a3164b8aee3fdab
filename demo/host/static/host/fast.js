/* The page's clocks run as fast as the server's: see demo/host/clock.py. Limits of time-outs stay, so that a slow answer
   is no failure. */
(function () {
  "use strict";
  var factor = Number(document.currentScript.dataset.factor);
  var began = { wall: Date.now(), page: performance.now() };
  var wall = Date.now.bind(Date), page = performance.now.bind(performance), repeat = window.setInterval.bind(window);
  Date.now = function () { return began.wall + (wall() - began.wall) * factor; };
  performance.now = function () { return began.page + (page() - began.page) * factor; };
  window.setInterval = function (work, milliseconds) { return repeat(work, milliseconds / factor); };
})();
