import { CONTENT_TYPES } from '../../../shared/http/negotiate.ts';
import type { DownloadFormat } from './download.ts';
import { saveFile } from './save-file.ts';

/** A file that is being written. It appears once it is finished, and never a part of it. */
export interface FileWriter {
  write(text: string): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
}

/** A part of the File System Access API, which not all browsers have. https://wicg.github.io/file-system-access/ */
interface FilePicker {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<{
    createWritable(): Promise<{ write(text: string): Promise<void>; close(): Promise<void>; abort(): Promise<void> }>;
  }>;
}

/**
 * Lets somebody choose where a file goes, and writes there as it grows; in browsers that cannot, it is collected and downloaded
 * at the end. Call it from a click. Returns undefined if nobody chose a place.
 */
export async function openFile(name: string, format: DownloadFormat): Promise<FileWriter | undefined> {
  const { showSaveFilePicker } = window as FilePicker;
  if (showSaveFilePicker === undefined) return collected(name, format);
  try {
    const handle = await showSaveFilePicker.call(window, { suggestedName: name });
    const file = await handle.createWritable();
    return { write: (text) => file.write(text), finish: () => file.close(), discard: () => file.abort() };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    // Forbidden by a policy of the browser.
    return collected(name, format);
  }
}

/** Texts are handed over to a Blob, which the browser may keep on disk, when they have so many characters. */
const PART = 4_000_000;

function collected(name: string, format: DownloadFormat): FileWriter {
  const type = CONTENT_TYPES[format];
  let blob = new Blob([], { type });
  let texts: string[] = [];
  let length = 0;
  const handOver = () => {
    blob = new Blob([blob, ...texts], { type });
    [texts, length] = [[], 0];
  };
  return {
    async write(text) {
      texts.push(text);
      length += text.length;
      if (length >= PART) handOver();
    },
    async finish() {
      handOver();
      saveFile(name, [blob], type);
    },
    async discard() {
      [texts, blob] = [[], new Blob()];
    },
  };
}
