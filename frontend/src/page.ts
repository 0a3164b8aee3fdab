// What scripts do to the page: words, messages, the pending state of a button, the way on.

declare global {
  interface Window {
    gettext?: (text: string) => string;
  }
}

/** The text in the reader's language, where the host offers translations. */
export function words(text: string): string {
  return typeof window.gettext === 'function' ? window.gettext(text) : text;
}

/** Leave for where the server says next; separate, so that tests can watch it. */
export const way = {
  reload(): void {
    window.onbeforeunload = null;
    window.location.reload();
  },
  go(url: string): void {
    window.onbeforeunload = null;
    window.location.assign(url);
  },
};

/** A failure whose text is meant for the learner. */
export class Told extends Error {
  constructor(readonly detail: string) {
    super(detail);
    Object.setPrototypeOf(this, Told.prototype); // ES5 output loses it
  }
}

/** What to tell the learner about a failure. */
export function explain(error: unknown): string {
  const { status, detail } = (error ?? {}) as { status?: number; detail?: string };
  if (detail) return detail;
  if (status === 401 || status === 403) return words('You may not do this. Reload the page and sign in again.');
  if (status) return words('This did not work. Please try again.');
  return words('This did not work. Check your connection and try again.');
}

function screenOf(element: Element): Element {
  return element.closest('.sequence') ?? element.parentElement ?? document.body;
}

function line(near: Element, name: string, role: string): HTMLElement {
  const screen = screenOf(near);
  let found = screen.querySelector<HTMLElement>(`.${name}`);
  if (!found) {
    found = document.createElement('p');
    found.className = name;
    found.setAttribute('role', role);
    screen.append(found);
  }
  return found;
}

function write(element: HTMLElement, text: string): void {
  element.hidden = false;
  element.textContent = text;
}

/** Show a failure in the screen, as text; screen readers announce it. */
export function complain(near: Element, text: string): void {
  write(line(near, 'proctoring-message', 'alert'), text);
}

/** Say what is under way. Called without a text it only prepares the region, so that later words are announced. */
export function tell(near: Element, text = ''): void {
  write(line(near, 'proctoring-status', 'status'), text);
}

/** Take the failure away that is shown in the screen: it is history. */
export function hush(near: Element): void {
  const message = screenOf(near).querySelector<HTMLElement>('.proctoring-message');
  if (!message) return;
  message.hidden = true;
  message.textContent = '';
}

/** The buttons that must rest while this one works: all that learners could press in its screen. */
function neighbours(button: HTMLButtonElement): HTMLButtonElement[] {
  const screen = button.closest('.sequence');
  const all = screen ? Array.from(screen.querySelectorAll('button')) : [button];
  return all.filter((one) => !one.disabled);
}

/** Do something that a button asks for, once at a time; a failure is shown and the button works again. */
export async function pending(button: HTMLButtonElement, work: () => Promise<void>): Promise<void> {
  if (button.disabled) return;
  const resting = neighbours(button);
  const { loadingText, ctaText } = button.dataset;
  const text = button.textContent;
  for (const one of resting) one.disabled = true;
  button.setAttribute('aria-busy', 'true');
  if (loadingText) button.textContent = loadingText;
  hush(button);
  tell(button, loadingText ?? words('Please wait…'));
  try {
    await work();
  } catch (error) {
    if (loadingText) button.textContent = ctaText ?? text;
    for (const one of resting) one.disabled = false;
    button.removeAttribute('aria-busy');
    tell(button);
    complain(button, explain(error));
    button.focus();
  }
}
