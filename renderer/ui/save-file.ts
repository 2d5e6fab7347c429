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
