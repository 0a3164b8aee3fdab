// Reserves the space of the timer bar until the server responds; otherwise the bar would move the button that a
// learner is about to press.

import { Bar, type Data } from './timer_bar';

const STORE = 'proctoring-bar'; // its height in pixels, while an exam runs
const PLENTY_SECONDS = 3600; // a time that shows no “5 minutes left”

function stored(): number {
  try {
    return Number(localStorage.getItem(STORE)) || 0;
  } catch {
    return 0; // without storage the bar moves the page, as on the first page
  }
}

function store(height: number): void {
  try {
    if (height > 0) localStorage.setItem(STORE, String(height));
    else localStorage.removeItem(STORE);
  } catch {
    // As above.
  }
}

/** Reserve the height of the bar on the previous page. */
export function keepPlace(root: HTMLElement): void {
  const height = stored();
  if (height) root.style.minBlockSize = `${height}px`;
}

/**
 * After the response: show the bar and store its height for the next page, or release the space if no exam is
 * running.
 */
export function givePlace(root: HTMLElement, isShown: boolean): void {
  root.style.minBlockSize = '';
  store(isShown ? root.offsetHeight : 0);
}

/** An exam is about to start: measure its bar in this page, which is reloaded at once. */
export function expectBar(): void {
  const root = document.querySelector<HTMLElement>('.proctored_exam_status');
  if (!root || root.childElementCount) return;
  const bar = new Bar(root, { exam_display_name: document.title, exam_url_path: '', exam_type: 'exam' } as Data, () => undefined);
  bar.unsaved(0);
  bar.show(PLENTY_SECONDS, '');
  store(root.offsetHeight);
  bar.stop();
  root.replaceChildren();
}
