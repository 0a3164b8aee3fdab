import { vi } from 'vitest';
import { navigation } from '../src/page';

export interface Sent {
  method: string;
  url: string;
  data: Record<string, string>;
  token: string | null;
}

export type Answer = { status?: number; body?: unknown; redirected?: boolean; after?: number; code?: string } | 'down';

/** A server that answers from a queue, the last answer again and again, and remembers what it was sent. */
export function server(...answers: Answer[]): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', async (url: string, options: RequestInit) => {
    sent.push({
      method: options.method!,
      url,
      data: typeof options.body === 'string' ? JSON.parse(options.body) : Object.fromEntries((options.body as URLSearchParams | undefined) ?? []),
      token: new Headers(options.headers).get('X-CSRFToken'),
    });
    const answer = answers.length > 1 ? answers.shift()! : (answers[0] ?? {});
    if (answer === 'down') throw new TypeError('network');
    if (answer.after) await waiting(answer.after, options.signal!);
    const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
    const headers: Record<string, string> = answer.code ? { 'Proctoring-Error': answer.code } : {};
    const response = new Response(body, { status: answer.status ?? 200, headers });
    if (answer.redirected) Object.defineProperty(response, 'redirected', { value: true });
    return response;
  });
  return sent;
}

function waiting(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
}

/** Watch where the page goes. */
export function watchNavigation(): { reloads: number; urls: string[] } {
  const seen = { reloads: 0, urls: [] as string[] };
  vi.spyOn(navigation, 'reload').mockImplementation(() => void (seen.reloads += 1));
  vi.spyOn(navigation, 'go').mockImplementation((url) => void seen.urls.push(url));
  return seen;
}

/** Let all promises settle. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The modal dialogs that are open, in the order in which they were shown. */
export const shownModally: HTMLDialogElement[] = [];

/** jsdom has no modal dialogs. */
export function modalDialogs(): void {
  shownModally.length = 0;
  HTMLDialogElement.prototype.showModal = function show() {
    this.open = true;
    shownModally.push(this);
  };
  HTMLDialogElement.prototype.close = function close() {
    this.open = false;
    shownModally.splice(0, shownModally.length, ...shownModally.filter((one) => one !== this));
  };
}

export class Workers {
  asked: any[] = [];
  scripts: string[] = [];
  alive = 0;
  urls = 0;
}

/** Workers that answer as told (null: not at all; 'broken': their script fails); what they were asked is remembered. */
export function workers(answer: (message: any) => any): Workers {
  const seen = new Workers();
  vi.stubGlobal(
    'Worker',
    class {
      onmessage?: (event: { data: any }) => void;
      onerror?: () => void;
      constructor() {
        seen.alive += 1;
      }
      postMessage(message: any) {
        seen.asked.push(message);
        const data = answer(message);
        if (data === 'broken') queueMicrotask(() => this.onerror?.());
        else for (const one of [data].flat()) if (one) queueMicrotask(() => this.onmessage?.({ data: one }));
      }
      terminate() {
        seen.alive -= 1;
      }
    },
  );
  vi.stubGlobal(
    'Blob',
    class {
      constructor(parts: string[]) {
        seen.scripts.push(parts.join(''));
      }
    },
  );
  URL.createObjectURL = () => `blob:${(seen.urls += 1)}`;
  URL.revokeObjectURL = () => void (seen.urls -= 1);
  return seen;
}

/** Build a page with the place of the timer bar, with fake timers; return that place. */
export function pageWithTimer(): HTMLElement {
  vi.useFakeTimers();
  document.body.innerHTML = '<div class="proctored_exam_status"></div>';
  visible(true);
  return document.querySelector<HTMLElement>('.proctored_exam_status')!;
}

/** Is the page in front? */
export function visible(yes: boolean): void {
  Object.defineProperty(document, 'hidden', { configurable: true, value: !yes });
  document.dispatchEvent(new Event('visibilitychange'));
}

/** The server's answer about a running attempt with ten minutes left. */
export const RUNNING = {
  in_timed_exam: true,
  taking_as_proctored: true,
  exam_type: 'a proctored exam',
  exam_display_name: 'Final',
  exam_url_path: '/exam',
  course_id: 'a/b/c',
  time_remaining_seconds: 600,
  low_threshold_sec: 300,
  critically_low_threshold_sec: 60,
  accessibility_time_string: 'you have 10 minutes remaining',
  attempt_id: 7,
  attempt_status: 'started',
  exam_started_poll_url: '/attempt/7',
  external_id: 'remote',
  desktop_application_js_url: '',
};
