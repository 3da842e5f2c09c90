/** Hands the user a text as a file. */
export function saveFile(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser has taken the blob once the click has been dispatched and the task ended.
  setTimeout(() => URL.revokeObjectURL(address));
}
