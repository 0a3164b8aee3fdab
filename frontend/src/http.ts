// Requests to the app: same origin, form-encoded, with the CSRF token.

/** A failed request; the status is 0 if there was no response. `code` is the code of our own errors. */
export class RequestFailed extends Error {
  constructor(readonly status: number, readonly detail = '', readonly answer: unknown = null, readonly code = '') {
    super(detail || `HTTP ${status}`);
    Object.setPrototypeOf(this, RequestFailed.prototype); // ES5 output loses it
  }
}

const CHANGE_PATIENCE_MS = 90000; // the server may have to ask the provider first
const READ_PATIENCE_MS = 20000;

/** Whether the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof RequestFailed)) return false;
  return error.status === 0 || error.status === 429 || error.status >= 500;
}

/** How long to wait after the nth failure in a row, in milliseconds. */
export function backOff(failures: number, firstMs: number, slowestMs: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), slowestMs);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Resolves after the time, or as soon as the browser is online again. */
export function pauseOffline(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      window.removeEventListener('online', go);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    window.addEventListener('online', go);
  });
}

function csrfToken(): string {
  const found = /(?:^|;\s*)csrftoken=([^;]*)/.exec(document.cookie);
  if (found) return decodeURIComponent(found[1]);
  // If scripts cannot read the cookie, a form of the host may contain the token.
  return document.querySelector<HTMLInputElement>('input[name="csrfmiddlewaretoken"]')?.value ?? '';
}

function parsed(text: string): unknown {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

function reason(answer: unknown): string {
  const { detail, message } = (answer ?? {}) as { detail?: unknown; message?: unknown };
  if (typeof detail === 'string') return detail;
  return typeof message === 'string' ? message : '';
}

async function exchange(url: string, options: RequestInit): Promise<[Response, unknown]> {
  const response = await fetch(url, options);
  const answer = parsed(await response.text());
  if (response.redirected) throw new RequestFailed(401); // to a page for signing in
  if (!response.ok && response.status !== 304) {
    throw new RequestFailed(response.status, reason(answer), answer, response.headers.get('Proctoring-Error') ?? '');
  }
  return [response, answer];
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Send a request with the time limit of its method; rejects with RequestFailed. */
async function request(
  method: Method,
  url: string,
  headers: Record<string, string>,
  body?: URLSearchParams | string,
): Promise<[Response, unknown]> {
  const stop = new AbortController();
  const patience = method === 'GET' ? READ_PATIENCE_MS : CHANGE_PATIENCE_MS;
  const timer = setTimeout(() => stop.abort(), patience);
  try {
    return await exchange(url, {
      method,
      mode: 'same-origin',
      credentials: 'same-origin',
      cache: 'no-store',
      signal: stop.signal,
      headers: { Accept: 'application/json', ...headers },
      body,
    });
  } catch (error) {
    throw error instanceof RequestFailed ? error : new RequestFailed(0);
  } finally {
    clearTimeout(timer);
  }
}

/** Send a request; resolves with the JSON answer (null for an empty one), rejects with RequestFailed. */
export async function send<T>(
  method: 'GET' | 'POST' | 'PUT',
  url: string,
  data: Record<string, string> = {},
  headers: Record<string, string> = {},
): Promise<T | null> {
  const body = method === 'GET' ? undefined : new URLSearchParams(data);
  const [, answer] = await request(method, url, { 'X-CSRFToken': csrfToken(), ...headers }, body);
  return answer as T | null;
}

/** The current state of a resource; `data` is null if it still has this `etag`. */
export interface Version<T> {
  data: T | null;
  etag: string;
  at: number; // the time of the response by the server's clock, in milliseconds
}

/** Read a resource of the second version of the interface; `etag` is of the version that the caller has. */
export async function read<T>(url: string, etag = ''): Promise<Version<T>> {
  const [response, answer] = await request('GET', url, etag ? { 'If-None-Match': etag } : {});
  const isKnown = response.status === 304;
  if (!isKnown && answer === null) throw new RequestFailed(0); // not from the REST interface: the page of a proxy
  return { data: isKnown ? null : (answer as T), etag: response.headers.get('ETag') ?? '', at: serverTime(response) };
}

/** The time of the response by the server's clock, which may differ from the reader's. */
function serverTime(response: Response): number {
  return Date.parse(response.headers.get('Date') ?? '') || Date.now();
}

/** Download a file without a time limit, until `signal` ends it; `name` is the server's file name. Rejects with RequestFailed. */
export async function download(url: string, signal?: AbortSignal): Promise<{ content: Blob; name: string }> {
  const failed = (error: unknown) => {
    throw error instanceof RequestFailed ? error : new RequestFailed(0);
  };
  const response = await fetch(url, { mode: 'same-origin', credentials: 'same-origin', cache: 'no-store', signal }).catch(failed);
  if (response.redirected) throw new RequestFailed(401); // to a page for signing in
  if (!response.ok) {
    const answer = parsed(await response.text().catch(failed));
    throw new RequestFailed(response.status, reason(answer), answer);
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? '';
  return { content: await response.blob().catch(failed), name };
}

/** Change a resource of the second version of the interface; resolves with the JSON answer, null for an empty one. */
export async function change<T>(
  method: Exclude<Method, 'GET'>,
  url: string,
  data: unknown,
  headers: Record<string, string> = {},
): Promise<T | null> {
  const all = { 'X-CSRFToken': csrfToken(), 'Content-Type': 'application/json', ...headers };
  const [, answer] = await request(method, url, all, JSON.stringify(data));
  return answer as T | null;
}

/** Send a file of text; resolves with the JSON answer. */
export async function sendText<T>(url: string, text: string, type: string, headers: Record<string, string> = {}): Promise<T | null> {
  const all = { 'X-CSRFToken': csrfToken(), 'Content-Type': type, ...headers };
  const [, answer] = await request('POST', url, all, text);
  return answer as T | null;
}

/** For an `Idempotency-Key`: the same for each try of one change. */
export function newKey(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(4));
  return Array.from(numbers, (number) => number.toString(16).padStart(8, '0')).join('');
}
