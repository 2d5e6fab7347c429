/**
 * Hands a text to the browser as a file. Its address names no content, and is good for this download only. The window of the
 * app downloads nothing.
 */
export function saveFile(name: string, text: string): void {
  const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
  // The download has begun once the press is over.
  window.setTimeout(() => URL.revokeObjectURL(href));
}

/** The browser's own way to save what its host hands out: the name comes with the answer. */
export function download(href: string): void {
  const anchor = document.createElement("a");
  anchor.href = href;
  anchor.download = "";
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
}
