/* The minutes and seconds that a staff visit still has; its end shows by itself. */
(function () {
  var text = document.querySelector("[data-left]"), end = performance.now() + 1000 * text.dataset.left;
  function tell() {
    var left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    text.textContent = Math.floor(left / 60) + ":" + ("0" + left % 60).slice(-2);
    if (!left) location.reload();
  }
  setInterval(tell, 1000);
  tell();
})();
