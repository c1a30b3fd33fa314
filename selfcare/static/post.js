/* Sends the page's form to the client that asked for it; the button does it without scripts. */
document.querySelector("form[data-post-now]").submit();
