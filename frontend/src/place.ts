// The place of the timer bar, kept free until the server answers: else the bar moves the button that a learner is about to press.

import { Bar, type Data } from './bar';

const STORE = 'proctoring-bar'; // its height in pixels, while an exam runs
const PLENTY_SECONDS = 3600; // a time that shows no “5 minutes left”

function stored(): number {
  try {
    return Number(localStorage.getItem(STORE)) || 0;
  } catch {
    return 0; // storage is forbidden: the bar moves the page, as it does on the first one
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

/** Keep as much room as the bar needed on the page before. */
export function keepPlace(root: HTMLElement): void {
  const height = stored();
  if (height) root.style.minBlockSize = `${height}px`;
}

/** The server has answered: the bar takes its place, and is measured for the next page; or no exam runs. */
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
