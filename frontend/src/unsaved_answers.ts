// Answers that were typed and not submitted: counted during the exam, restored after a reload, offered for copying at
// the end. They are stored under the attempt's id and shown with that attempt only, because one window may show other
// exams, and other users, too.

import { gettext } from './page';

const FIELDS = 'textarea, select, input:not([type=hidden]):not([type=button]):not([type=submit]):not([type=search])';
const NOT_ANSWERS = '.sequence, .proctored_exam_status, .px, dialog, header, nav, [data-proctoring-ignore]';
const SUBMITS = '[type=submit], .submit, .check';
const PROBLEM = 'form, .problem, .xblock';
const LEFT = 'proctoring-left-'; // and the attempt's id
const TYPED = 'proctoring-typed-';
const FOLLOWS = 'proctoring-follows';
const KEPT_MS = 24 * 3600 * 1000;
const SENDING_MS = 1000;

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

interface Text {
  label: string;
  text: string; // in words; '' where nothing is chosen
  path?: string; // the page on which it was typed
  key?: string; // how its field is found again
  chosen?: string[]; // values: of a list those that are chosen, of a check box or radio button its own or none
  value?: string; // which one of the boxes with the same name
}

interface Texts {
  at: number;
  texts: Text[];
}

/** For the next page only: why the exam ended, and which one. */
interface Follows {
  at: number;
  attemptId: number;
  reason: string;
  isOwn: boolean; // does the server still take the user for the learner of this attempt?
}

function isBox(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && ['checkbox', 'radio'].includes(field.type);
}

function labelOf(field: Field): string {
  const words = field.labels?.[0]?.cloneNode(true) as Element | undefined;
  words?.querySelectorAll('select, textarea').forEach((one) => one.remove()); // their content is not part of the label
  return words?.textContent?.trim() ?? '';
}

function chosenIn(field: Field): string[] | undefined {
  if (isBox(field)) return field.checked ? [field.value] : [];
  if (field instanceof HTMLSelectElement) return Array.from(field.selectedOptions, ({ value }) => value);
  return undefined;
}

function textOf(field: Field): string {
  if (isBox(field)) return field.checked ? labelOf(field) || field.value : '';
  if (!(field instanceof HTMLSelectElement)) return field.value.trim();
  const options = Array.from(field.selectedOptions).filter(({ value }) => value !== '');
  return options.map(({ text }) => text.trim()).join(', ');
}

/** A key that finds the field after a reload; '' for fields without a name, and for secrets. */
function keyOf(field: Field): string {
  if (field instanceof HTMLInputElement && ['password', 'file'].includes(field.type)) return '';
  return field.id ? `#${field.id}` : field.name;
}

function fieldOf({ key = '', value, path }: Text): Field | null {
  if (!key.startsWith('#') && path !== location.pathname) return null; // other exams have fields of this name, too
  const named = key.startsWith('#') ? [document.getElementById(key.slice(1))] : Array.from(document.getElementsByName(key));
  const fields = named.filter((one): one is Field => Boolean(one?.matches(FIELDS) && !one.closest(NOT_ANSWERS)));
  return fields.find((one) => value === undefined || one.value === value) ?? null;
}

function kept(field: Field): Text {
  const question = isBox(field) ? field.closest('fieldset')?.querySelector('legend')?.textContent?.trim() : labelOf(field);
  return { label: question ?? '', text: textOf(field), path: location.pathname, key: keyOf(field), chosen: chosenIn(field), value: isBox(field) ? field.value : undefined };
}

/** Restore an answer; false if the field contains another text. */
function fill(field: Field, { text, chosen = [] }: Text): boolean {
  if (isBox(field)) field.checked = chosen.length > 0;
  else if (field instanceof HTMLSelectElement) {
    for (const option of Array.from(field.options)) option.selected = chosen.includes(option.value);
  } else if (field.value.trim() !== '' && field.value.trim() !== text) return false;
  else field.value = text;
  for (const type of ['input', 'change']) field.dispatchEvent(new Event(type, { bubbles: true }));
  return true;
}

function textsOf(fields: Field[]): Text[] {
  return fields.map(kept).filter(({ text, key, chosen }) => text !== '' || (key && chosen));
}

function stored<T extends { at: number }>(name: string): T | null {
  try {
    const found = JSON.parse(sessionStorage.getItem(name) ?? 'null') as T | null;
    return found && Date.now() - found.at <= KEPT_MS ? found : null;
  } catch {
    return null;
  }
}

function store(name: string, value: Texts | Follows | null): void {
  try {
    if (value) sessionStorage.setItem(name, JSON.stringify(value));
    else sessionStorage.removeItem(name);
  } catch {
    // Storage is full or forbidden, so the text is not kept.
  }
}

/** Delete what is too old to be shown. */
function deleteOld(): void {
  try {
    for (const name of Object.keys(sessionStorage)) {
      if ([LEFT, TYPED, FOLLOWS].some((one) => name.startsWith(one)) && !stored(name)) store(name, null);
    }
  } catch {
    // Storage is forbidden, so there is nothing.
  }
}

/** The fields that changed since they were last submitted. */
export class Unsaved {
  private readonly changed = new Set<Field>();
  private waiting: Text[] = []; // of the page before; their fields are not there yet
  private sentAt = -Infinity;
  private attemptId = 0;

  constructor(private readonly onChange: () => void = () => undefined) {}

  start(attemptId: number): void {
    this.attemptId = attemptId;
    this.waiting = stored<Texts>(TYPED + attemptId)?.texts ?? [];
    window.addEventListener('pagehide', this.keep);
    window.addEventListener('beforeunload', this.warn);
    document.addEventListener('input', this.note, true);
    document.addEventListener('change', this.note, true);
    document.addEventListener('submit', this.submitted, true);
    document.addEventListener('click', this.clicked, true);
    this.putBack();
  }

  stop(): void {
    window.removeEventListener('pagehide', this.keep);
    window.removeEventListener('beforeunload', this.warn);
    document.removeEventListener('input', this.note, true);
    document.removeEventListener('change', this.note, true);
    document.removeEventListener('submit', this.submitted, true);
    document.removeEventListener('click', this.clicked, true);
  }

  /** What is on the page still: hosts draw a problem anew when its answer has arrived. */
  get fields(): Field[] {
    return Array.from(this.changed).filter((field) => field.isConnected);
  }

  /** The number of answers, also of those on other pages of the exam; not of those whose fields cannot be found again. */
  get count(): number {
    return this.fields.length + this.waiting.filter((one) => one.key && !fieldOf(one)).length;
  }

  /** All texts: of this page, and those of the page before whose fields have not come. */
  get texts(): Text[] {
    return [...textsOf(this.fields), ...this.waiting];
  }

  /**
   * Put what was typed or chosen before a reload into its fields, unless they hold another text; hosts load questions
   * late, too.
   */
  putBack(): void {
    this.waiting = this.waiting.filter((one) => {
      const field = fieldOf(one);
      return !field || !fill(field, one);
    });
  }

  /** Keep what is typed for the page that follows. */
  readonly keep = (): void => {
    const { attemptId, texts } = this;
    store(TYPED + attemptId, texts.length ? { at: Date.now(), texts } : null);
  };

  private readonly warn = (event: Event): void => {
    if (this.fields.length && performance.now() - this.sentAt > SENDING_MS) event.preventDefault();
  };

  private readonly note = (event: Event): void => {
    const field = event.target as Field;
    if (!field.matches?.(FIELDS) || field.closest(NOT_ANSWERS)) return;
    this.changed.add(field);
    this.onChange();
  };

  private readonly submitted = (event: Event): void => {
    this.sentAt = performance.now(); // a form that is sent leaves the page; the others' texts are put back
    this.forget(event.target as Element);
  };

  private readonly clicked = (event: Event): void => {
    const button = (event.target as Element).closest?.(SUBMITS);
    const problem = button?.closest(PROBLEM);
    if (problem) this.forget(problem);
  };

  private forget(problem: Element): void {
    this.changed.forEach((field) => problem.contains(field) && this.changed.delete(field));
    this.keep(); // nothing that is submitted stays in the store
    this.onChange();
  }
}

function keepLeft(attemptId: number, answers: Text[]): void {
  const texts = answers.filter(({ text }) => text !== '');
  store(TYPED + attemptId, null);
  if (texts.length) store(LEFT + attemptId, { at: Date.now(), texts });
}

/**
 * Keep what was typed in the attempt for the pages that show it, and the reason why the exam ended for the next page.
 * If that is the page where it was typed, it shows the texts even without the attempt, which may have been removed;
 * not so if `isOwn` is false: another user may have signed in.
 */
export function keepForNextPage(attemptId: number, reason: string, answers: Text[], isOwn = true): void {
  keepLeft(attemptId, answers);
  store(FOLLOWS, { at: Date.now(), attemptId, reason, isOwn });
}

/** The attempt whose screen this page is; undefined if there is none. */
function attemptOnScreen(): number | undefined {
  return Number(document.querySelector<HTMLElement>('.sequence[data-screen]')?.dataset.attemptId) || undefined;
}

/** The page shows an attempt that does not run: what was typed in it is for copying now; true if there is anything. */
export function endTyped(running?: number): boolean {
  const attemptId = attemptOnScreen();
  const typed = attemptId && attemptId !== running ? stored<Texts>(TYPED + attemptId) : null;
  if (typed) keepLeft(attemptId!, typed.texts);
  return typed !== null;
}

function taken(): { name: string; reason: string; texts: Text[] } {
  deleteOld();
  const follows = stored<Follows>(FOLLOWS);
  store(FOLLOWS, null);
  const shown = attemptOnScreen();
  const name = LEFT + (follows?.isOwn ? follows.attemptId : shown);
  const all = stored<Texts>(name)?.texts ?? [];
  const texts = name === LEFT + shown ? all : all.filter(({ path }) => path === location.pathname);
  return { name, reason: follows?.reason ?? '', texts };
}

function element<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ''): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function leftText({ label, text }: Text, number: number): HTMLElement {
  const box = element('div', 'px-field');
  const name = element('label', '', label || gettext('Your answer'));
  const area = element('textarea', 'px-input', text);
  area.readOnly = true;
  area.id = `proctoring-left-${number}`;
  name.htmlFor = area.id;
  area.addEventListener('focus', () => area.select());
  const copy = element('button', 'px-button px-button--second', gettext('Copy this text'));
  const status = element('span', 'px-sr');
  copy.type = 'button';
  status.setAttribute('role', 'status');
  copy.addEventListener('click', () => {
    area.select();
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
    void copied.then(() => gettext('Copied'), () => gettext('The text is selected: copy it with your keyboard.')).then((said) => (status.textContent = said));
  });
  box.append(name, area, copy, status);
  return box;
}

/** On the page that follows: why the exam ended, and the texts that were not submitted. */
export function showWhatWasLeft(): void {
  const left = taken();
  if (!left.reason && !left.texts.length) return;
  document.querySelector('.proctoring-left')?.remove();
  const note = element('div', 'px px-note px-note--warn proctoring-left');
  const box = element('div', '');
  note.setAttribute('role', 'region');
  note.setAttribute('aria-label', gettext('Your exam on the page before this one'));
  if (left.reason) box.append(element('p', '', left.reason));
  if (left.texts.length) {
    box.append(element('strong', '', gettext('You typed this here, and it was not submitted:')));
    box.append(element('p', '', gettext('Copy it if you want to keep it. Your course team decides whether it may still count.')));
    box.append(...left.texts.map(leftText));
    const remove = element('button', 'px-button px-button--second', gettext('Remove it from this browser'));
    remove.type = 'button';
    remove.addEventListener('click', () => {
      store(left.name, null);
      note.remove();
    });
    box.append(remove);
  }
  note.append(box);
  const head = document.querySelector('.sequence[data-screen] .px-head');
  if (head) head.after(note);
  else (document.querySelector('.content-wrapper, main') ?? document.body).prepend(note);
}
