/** Lets the browser save a file. @param parts of its content, in order */
export function saveFile(name: string, parts: BlobPart[], type: string): void {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun with the click; the address is needed until the browser has read it.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
