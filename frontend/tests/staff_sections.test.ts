// Accommodations, reviews, and files of all sections.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { aStaffPageEachTime, all, answer, api, button, changes, mount, one, pageOf, rendered, texts, type Section } from './staff_helpers';

const USER = { username: 'lee', email: 'lee@x.org' };
const EXAM = { id: 7, exam_name: 'Midterm', type: 'proctored', time_limit_mins: 60 };
const MOMENT = { created: '2026-03-01T12:00:00Z', modified: '2026-03-01T12:00:00Z' };
const FACTOR = { id: 3, user: USER, exam: EXAM, key: 'time_multiplier', value: '1.5', additional_minutes: 30, ...MOMENT };

aStaffPageEachTime();

describe('accommodations', () => {
  const NEW = { users: 'lee, kim\njo', kind: 'time_multiplier', value: '1,5' };

  let server: ReturnType<typeof api>;

  async function open(...rows: object[]): Promise<Section> {
    server = api(({ path }) => (path === 'allowances/3/' ? { body: FACTOR, etag: '"now"' } : pageOf(...rows)));
    return mount({}, 'proctoring-accommodations');
  }

  async function choose(element: Section, value: string): Promise<void> {
    const box = one<HTMLInputElement>(element, `dialog [name="exams"][value="${value}"]`);
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    await rendered();
  }

  test('a row says how long the exam is with it', async () => {
    const element = await open(FACTOR, { ...FACTOR, id: 4, key: 'review_policy_exception', value: 'Water', additional_minutes: 0 });
    expect(texts(element, 'tbody tr:first-child .fact').slice(0, 3)).toEqual(['Midtermproctored', '× 1.5', '90 min = 60 + 30']);
    expect(texts(element, 'tbody tr:last-child .fact')[1]).toBe('Exception for reviewersWater');
  });

  test('a factor for three learners in all exams', async () => {
    const element = await open();
    one(element, '#add-allowance').click();
    await rendered();
    await choose(element, 'all');
    changes.reply = () => ({ body: { succeeded: 3, failed: 0, results: [] } });
    await answer(element, NEW);
    expect(changes.sent[0].path).toBe('POST allowances/');
    expect(changes.sent[0].body).toEqual({ users: ['lee', 'kim', 'jo'], exam_ids: [7], kinds: [{ key: 'time_multiplier', value: '1.5' }] });
    expect(texts(element, '.notices p')).toEqual(['Saved: 3 of 3.']);
  });

  test('what is missing is said at each field', async () => {
    const element = await open();
    one(element, '#add-allowance').click();
    await rendered();
    await answer(element, { value: '0.5' });
    expect(texts(element, '.error')).toEqual([
      'Name at least one learner.',
      'Choose at least one exam.',
      'Write a number above 1, for example 1.5.',
    ]);
    await answer(element, { kind: 'additional_time_granted', value: '1.5' });
    expect(texts(element, '.error')[2]).toBe('Write a whole number of minutes, for example 10.');
    expect(changes.sent).toEqual([]);
  });

  test('pairs that fail are listed, and can be corrected', async () => {
    const element = await open();
    one(element, '#add-allowance').click();
    await rendered();
    await choose(element, '7');
    changes.reply = () => ({
      status: 207,
      body: { succeeded: 2, failed: 1, results: [{ user: 'jo', exam_id: 7, outcome: 'failed', detail: 'There is no such user.' }] },
    });
    await answer(element, NEW);
    expect(texts(element, 'dialog [role="alert"] li')).toEqual(['jo · Midterm: There is no such user.']);
    await answer(element);
    expect(one<HTMLTextAreaElement>(element, '#user_info').value).toBe('jo');
    expect(one<HTMLInputElement>(element, '#allowance_value').value).toBe('1,5');
  });

  test('an error of the server at its field', async () => {
    const element = await open();
    one(element, '#add-allowance').click();
    await rendered();
    await choose(element, '7');
    changes.reply = () => ({ status: 400, body: { detail: 'x', errors: [{ field: 'kinds.0.value', detail: 'Too large.' }] } });
    await answer(element, NEW);
    expect(texts(element, '.error')).toEqual(['Too large.']);
  });

  test('a change is of the version that was seen', async () => {
    const element = await open(FACTOR);
    one(element, '.edit_allowance').click();
    await rendered();
    expect(one<HTMLInputElement>(element, '#allowance_value').value).toBe('1.5');
    changes.reply = () => ({ status: 412, body: { detail: 'Somebody else changed it.' } });
    server.reply = ({ path }) => (path === 'allowances/3/' ? { body: { ...FACTOR, value: '1.75' }, etag: '"newer"' } : pageOf(FACTOR));
    await answer(element, { value: '2' });
    expect(texts(element, 'dialog [role="alert"] p')[0]).toMatch(/^Somebody else has changed this/);
    expect(changes.sent[0]).toMatchObject({ path: 'PATCH allowances/3/', body: { value: '2' }, match: '"now"' });
    expect(texts(element, '.versions div')).toEqual(['Saved now1.75', 'Yours2']);
    changes.reply = () => ({ body: {} });
    await answer(element);
    expect(changes.sent[1]).toMatchObject({ body: { value: '2' }, match: '"newer"' });
  });

  test('a removal is asked about', async () => {
    const element = await open(FACTOR);
    one(element, '.remove_allowance').click();
    await rendered();
    expect(texts(element, '.harmless')).toEqual(['Keep it']);
    await answer(element);
    expect(changes.sent[0]).toMatchObject({ path: 'DELETE allowances/3/', match: '"now"' });
  });

  test.each([
    ['Copy to another exam…', { exam_id: '7' }, { action: 'copy', allowance_ids: [3], exam_id: 7 }],
    ['Remove…', {}, { action: 'delete', allowance_ids: [3] }],
  ])('%s of several', async (name, values, body) => {
    const element = await open(FACTOR);
    const box = one<HTMLInputElement>(element, 'tbody input');
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    await rendered();
    button(element, name).click();
    await rendered();
    changes.reply = () => ({ body: { succeeded: 1, failed: 0, results: [] } });
    await answer(element, values);
    expect(changes.sent[0]).toMatchObject({ path: 'POST allowances/actions/', body });
  });
});

describe('files', () => {
  async function openDialog(name: string, query = ''): Promise<Section> {
    const element = await mount({ query }, name);
    one(element, '.export').click();
    await rendered();
    return element;
  }

  /** Answer requests for files; the addresses that were asked for, and the names under which files were stored. */
  function files(reply: () => Response = () => new Response('a,b', { headers: { 'Content-Disposition': 'attachment; filename="list.csv"' } })) {
    const found = { asked: [] as string[], stored: [] as string[] };
    const others = fetch;
    vi.stubGlobal('fetch', async (url: string, options: RequestInit) => {
      if (!url.includes('/export/')) return others(url, options);
      found.asked.push(url.replace(/^.*\/v2\/courses\/[^/]+\//, ''));
      return reply();
    });
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
      found.stored.push(this.download);
    });
    URL.createObjectURL = () => 'blob:x';
    return found;
  }

  async function set(element: Section, name: string, value: string | boolean): Promise<void> {
    const box = one<HTMLInputElement>(element, `dialog [name="${name}"]${typeof value === 'string' ? `[value="${value}"]` : ''}`);
    box.checked = value !== false;
    box.dispatchEvent(new Event('change'));
    await rendered();
  }

  afterEach(() => vi.restoreAllMocks());

  test.each(['attempts', 'accommodations', 'onboarding'])('%s: what the filters leave as CSV, or everything as XLSX', async (name) => {
    api(() => pageOf());
    const element = await openDialog(`proctoring-${name}`, 'search=lee&page=2');
    const found = files();
    const resource = name === 'accommodations' ? 'allowances' : name;
    await answer(element);
    await vi.waitFor(() => expect(found.stored).toEqual(['list.csv']));
    await rendered();
    expect(all(element, 'dialog.dialog[open]')).toEqual([]);
    one(element, '.export').click();
    await rendered();
    await set(element, 'rows', 'all');
    await set(element, 'file', 'xlsx');
    await answer(element);
    await vi.waitFor(() => expect(found.stored).toHaveLength(2));
    expect(found.asked).toEqual([`${resource}/export/?search=lee&bom=true`, `${resource}/export/?file=xlsx`]);
  });

  test('with earlier attempts, without a byte order mark; without filters, nothing is asked about rows', async () => {
    api(() => pageOf());
    const element = await openDialog('proctoring-attempts');
    expect(all(element, 'dialog [name="rows"]')).toEqual([]);
    const found = files();
    await set(element, 'earlier', true);
    await set(element, 'bom', false);
    await answer(element);
    await vi.waitFor(() => expect(found.asked).toEqual(['attempts/export/?earlier=true']));
  });

  test('one that cannot be made is told in the dialog, which keeps what was chosen', async () => {
    api(() => pageOf());
    const element = await openDialog('proctoring-onboarding');
    files(() => new Response(JSON.stringify({ detail: 'XLSX needs an extra.' }), { status: 501 }));
    await set(element, 'file', 'xlsx');
    await answer(element);
    await vi.waitFor(() => expect(texts(element, 'dialog [role="alert"] p')).toEqual(['The file could not be made. XLSX needs an extra.']));
    expect(one<HTMLInputElement>(element, 'dialog [name="file"][value="xlsx"]').checked).toBe(true);
  });

  test('Cancel ends an export that takes long, and nothing is stored', async () => {
    api(() => pageOf());
    const element = await openDialog('proctoring-attempts');
    const found = files();
    const signals: AbortSignal[] = [];
    vi.stubGlobal('fetch', (_url: string, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))));
    });
    await answer(element);
    expect(texts(element, 'dialog [type="submit"]')).toEqual(['The file is being made…']);
    button(element, 'Cancel').click();
    await rendered();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(all(element, 'dialog.dialog[open]')).toEqual([]);
    one(element, '.export').click();
    await rendered();
    expect(texts(element, 'dialog [type="submit"]')).toEqual(['Export']);
    expect(all(element, 'dialog [role="alert"]')).toEqual([]);
    expect(found.stored).toEqual([]);
  });
});

describe('reviews', () => {
  const REVIEW = {
    id: 5,
    attempt_id: 9,
    attempt_status: 'second_review_required',
    user: USER,
    exam: EXAM,
    review_status: 'Suspicious',
    is_passing: false,
    reviewed_by: null,
    can_decide: true,
    comments: [
      { start_time: 65, stop_time: 70, comment: 'Phone', status: 'Suspicious' },
      { start_time: 12, stop_time: 0, comment: 'Voices', status: 'Suspicious' },
    ],
    ...MOMENT,
  };

  test.each([
    ['Approve…', 'Clean', 'The attempt of lee was approved.'],
    ['Reject…', 'Suspicious', 'The attempt of lee was rejected.'],
  ])('%s', async (name, decision, text) => {
    api(({ path }) => (path === 'reviews/5/' ? { body: REVIEW, etag: '"now"' } : pageOf(REVIEW)));
    const element = await mount({}, 'proctoring-reviews');
    expect(texts(element, '.comments li')).toEqual(['1:05–1:10 Phone (Suspicious)', '0:12 Voices (Suspicious)']); // without an end
    all(element, 'tbody button').find((one) => one.textContent!.trim() === name)!.click();
    await rendered();
    await answer(element);
    expect(changes.sent[0]).toMatchObject({ path: 'PATCH reviews/5/', body: { review_status: decision }, match: '"now"' });
    expect(texts(element, '.notices p')).toEqual([text]);
  });

  test('a decision that does not become the status of the attempt is told', async () => {
    api(({ path }) => (path === 'reviews/5/' ? { body: REVIEW, etag: '"now"' } : pageOf(REVIEW)));
    const element = await mount({}, 'proctoring-reviews');
    all(element, 'tbody button')[0].click();
    await rendered();
    changes.reply = () => ({ body: { ...REVIEW, attempt_status: 'error' } });
    await answer(element);
    expect(texts(element, '.notices p')).toEqual(['Saved as approved, but the attempt of lee is now: Stopped by an error.']);
  });

  test('a review that somebody else has changed is shown as it is now', async () => {
    const server = api(({ path }) => (path === 'reviews/5/' ? { body: REVIEW, etag: '"now"' } : pageOf(REVIEW)));
    const element = await mount({}, 'proctoring-reviews');
    all(element, 'tbody button')[0].click();
    await rendered();
    changes.reply = () => ({ status: 412, body: {} });
    server.reply = ({ path }) => (path === 'reviews/5/' ? { body: { ...REVIEW, reviewed_by: 'pat' }, etag: '"newer"' } : pageOf(REVIEW));
    await answer(element);
    expect(texts(element, 'dialog .dialog-body > p').pop()).toBe('pat has decided before; your decision replaces it.');
    changes.reply = () => ({ body: { ...REVIEW, attempt_status: 'verified' } });
    await answer(element);
    expect(changes.sent[1].match).toBe('"newer"');
    expect(texts(element, '.notices p')).toEqual(['The attempt of lee was approved.']);
  });

  test('numbers of what waits and what is decided are filters', async () => {
    const counts: Record<string, number> = { 'decided=false': 14, 'decided=false&review_status=Suspicious': 3, 'decided=true': 62 };
    const shown: string[] = [];
    api(({ query }) => {
      query.sort();
      if (query.get('page_size') === '1') {
        query.delete('page_size');
        return { body: { count: counts[query.toString()], results: [] } };
      }
      query.delete('page_size');
      shown.push(query.toString());
      return pageOf(REVIEW);
    });
    const element = await mount({}, 'proctoring-reviews');
    expect(texts(element, '.counter')).toEqual(['14waiting', '3waiting, suspicious', '62decided']);
    all(element, '.counter')[1].click();
    await rendered();
    expect(all(element, '.counter').map((one) => one.getAttribute('aria-pressed'))).toEqual(['false', 'true', 'false']);
    expect(texts(element, '.tag')).toEqual(['Nobody has decided', 'Suspicious']);
    all(element, '.counter')[1].click();
    await rendered();
    expect(shown).toEqual(['', 'decided=false&review_status=Suspicious', '']);
  });

  test('course staff read without buttons', async () => {
    api(() => pageOf({ ...REVIEW, can_decide: false }));
    const element = await mount({}, 'proctoring-reviews');
    expect(texts(element, '.who')).toEqual(['lee']);
    expect(texts(element, 'tbody button')).toEqual([]);
  });

  test('nothing can be decided where the attempt is gone', async () => {
    api(() => pageOf({ ...REVIEW, attempt_id: null, attempt_status: '', user: null, exam: null }));
    const element = await mount({}, 'proctoring-reviews');
    expect(texts(element, 'tbody button')).toEqual([]);
    expect(texts(element, '.who')).toEqual(['Unknown learner']);
  });
});
