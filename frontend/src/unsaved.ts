// Answers that were typed and not submitted: counted while the exam runs, kept for copying when it ends.

import { gettext } from './page';

const FIELDS = 'textarea, select, input:not([type=hidden]):not([type=button]):not([type=submit]):not([type=search])';
const NOT_ANSWERS = '.sequence, .proctored_exam_status, .px, dialog, header, nav, [data-proctoring-ignore]';
const SUBMITS = '[type=submit], .submit, .check';
const PROBLEM = 'form, .problem, .xblock';
const STORE = 'proctoring-left';
const KEPT_MS = 24 * 3600 * 1000;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

interface Left {
  at: number;
  reason: string;
  texts: { label: string; text: string }[];
}

/** The fields that changed since they were last submitted. */
export class Unsaved {
  private readonly changed = new Set<Field>();

  constructor(private readonly onChange: () => void = () => undefined) {}

  start(): void {
    document.addEventListener('input', this.note, true);
    document.addEventListener('change', this.note, true);
    document.addEventListener('submit', this.submitted, true);
    document.addEventListener('click', this.clicked, true);
  }

  stop(): void {
    document.removeEventListener('input', this.note, true);
    document.removeEventListener('change', this.note, true);
    document.removeEventListener('submit', this.submitted, true);
    document.removeEventListener('click', this.clicked, true);
  }

  /** What is on the page still: hosts draw a problem anew when its answer has arrived. */
  get fields(): Field[] {
    return Array.from(this.changed).filter((field) => field.isConnected);
  }

  private readonly note = (event: Event): void => {
    const field = event.target as Field;
    if (!field.matches?.(FIELDS) || field.closest(NOT_ANSWERS)) return;
    this.changed.add(field);
    this.onChange();
  };

  private readonly submitted = (event: Event): void => this.forget(event.target as Element);

  private readonly clicked = (event: Event): void => {
    const button = (event.target as Element).closest?.(SUBMITS);
    const problem = button?.closest(PROBLEM);
    if (problem) this.forget(problem);
  };

  private forget(problem: Element): void {
    this.changed.forEach((field) => problem.contains(field) && this.changed.delete(field));
    this.onChange();
  }
}

function textOf(field: Field): string {
  const chosen = field instanceof HTMLInputElement && ['checkbox', 'radio'].includes(field.type);
  return chosen ? '' : field.value.trim();
}

/** Keep the reason why the page is left, and what was typed, for the next page of this window. */
export function keepForNextPage(reason: string, fields: Field[]): void {
  const texts = fields
    .map((field) => ({ label: field.labels?.[0]?.textContent?.trim() ?? '', text: textOf(field) }))
    .filter(({ text }) => text !== '');
  if (!reason && !texts.length) return;
  try {
    sessionStorage.setItem(STORE, JSON.stringify({ at: Date.now(), reason, texts } satisfies Left));
  } catch {
    // Storage is full or forbidden: the page is left without it.
  }
}

function taken(): Left | null {
  try {
    const left = JSON.parse(sessionStorage.getItem(STORE) ?? 'null') as Left | null;
    sessionStorage.removeItem(STORE);
    if (!left || Date.now() - left.at > KEPT_MS) return null;
    if (left.texts.length) sessionStorage.setItem(STORE, JSON.stringify({ ...left, reason: '' }));
    return left;
  } catch {
    return null;
  }
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function leftText({ label, text }: { label: string; text: string }, number: number): HTMLElement {
  const box = element('div', 'px-field');
  const name = element('label', '', label || gettext('Your answer'));
  const area = element('textarea', 'px-input', text);
  area.readOnly = true;
  area.id = `proctoring-left-${number}`;
  name.htmlFor = area.id;
  area.addEventListener('focus', () => area.select());
  box.append(name, area);
  return box;
}

/** On the page that follows: why the exam ended, and the texts that were not submitted. */
export function showWhatWasLeft(): void {
  const left = taken();
  if (!left) return;
  const note = element('div', 'px px-note px-note--warn proctoring-left');
  const box = element('div', '');
  note.setAttribute('role', 'region');
  note.setAttribute('aria-label', gettext('Your exam in the window before'));
  if (left.reason) box.append(element('p', '', left.reason));
  if (left.texts.length) {
    box.append(element('p', '', gettext('You typed this, and it was not submitted. Copy it if you want to keep it; your course team decides whether it may still count.')));
    box.append(...left.texts.map(leftText));
    const remove = element('button', 'px-button px-button--second', gettext('Remove it from this browser'));
    remove.type = 'button';
    remove.addEventListener('click', () => {
      sessionStorage.removeItem(STORE);
      note.remove();
    });
    box.append(remove);
  }
  note.append(box);
  const head = document.querySelector('.sequence[data-screen] .px-head');
  if (head) head.after(note);
  else (document.querySelector('.content-wrapper, main') ?? document.body).prepend(note);
}
