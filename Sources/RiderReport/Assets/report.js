// Reads a chart's table aloud, so to speak: the step under the pointer, or the one that the arrow keys have reached.
(function () {
  "use strict";
  var labels = JSON.parse(document.getElementById("steps").textContent);
  document.querySelectorAll(".chart").forEach(function (chart) {
    var area = chart.querySelector(".area");
    if (!area) { return; }
    var cursor = chart.querySelector(".cursor"), readout = chart.querySelector(".readout");
    var names = Array.from(chart.querySelectorAll("thead th")).slice(1).map(function (cell) { return cell.textContent; });
    var rows = {}, current = null;
    chart.querySelectorAll("tbody tr").forEach(function (row) {
      rows[row.dataset.step] = Array.from(row.querySelectorAll("td")).map(function (cell) { return cell.textContent; });
    });
    function show(step) {
      current = Math.max(0, Math.min(labels.length - 1, step));
      cursor.style.left = (current + 0.5) / labels.length * 100 + "%";
      cursor.style.visibility = "visible";
      readout.textContent = "";
      var time = document.createElement("b");
      time.textContent = labels[current];
      readout.append(time);
      (rows[current] || ["nothing"]).forEach(function (value, index) {
        var part = document.createElement("span");
        part.textContent = rows[current] ? names[index] + " " + value : value;
        readout.append(part, " ");
      });
    }
    function hide() {
      cursor.style.visibility = "hidden";
      readout.textContent = "";
      current = null;
    }
    area.addEventListener("pointermove", function (event) {
      var box = area.getBoundingClientRect();
      show(Math.floor((event.clientX - box.left) / box.width * labels.length));
    });
    area.addEventListener("pointerleave", hide);
    area.addEventListener("blur", hide);
    area.addEventListener("keydown", function (event) {
      var move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (move === undefined) { return; }
      event.preventDefault();
      show(current === null ? (move > 0 ? 0 : labels.length - 1) : current + move);
    });
  });
})();
