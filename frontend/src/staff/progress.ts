// The worker's progress with a change of many rows.

import { isPassing, pause, read } from '../http';
import { changeErrorText } from './errors';
import { formatNumber, gettext, interpolate } from './i18n';

const POLL_MS = 5000;
const MOST_POLLS = 720; // an hour

export interface Counted {
  total: number;
  done: number;
}

export interface Watcher {
  say: (text: string) => void;
  isConnected: () => boolean;
}

export function doneText(done: number, count: number): string {
  return interpolate(gettext('Done for {done} of {count}.'), { done: formatNumber(done), count: formatNumber(count) });
}

/**
 * Read the progress until all is done, and say it; null if that cannot be seen: the page is gone, or it may not be
 * read.
 */
export async function follow<T extends Counted>(url: string, begun: T, { say, isConnected }: Watcher): Promise<T | null> {
  let now = begun;
  for (let polls = 0; now.done < now.total && polls < MOST_POLLS; polls += 1) {
    const numbers = { done: formatNumber(now.done), count: formatNumber(now.total) };
    say(interpolate(gettext('The attempts are being changed: {done} of {count}.'), numbers));
    await pause(POLL_MS);
    if (!isConnected()) return null;
    try {
      now = (await read<T>(url)).data ?? now;
    } catch (error) {
      if (isPassing(error)) continue;
      say(changeErrorText(error));
      return null;
    }
  }
  return now;
}
