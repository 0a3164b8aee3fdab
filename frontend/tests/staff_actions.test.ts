// The actions of staff on attempts: the panel, the dialogs, several at once.

import { describe, expect, test, vi } from 'vitest';
import { aStaffPageEachTime, all, answer, api, attempt, button, changes, list, one, pageOf, rendered, texts, type Section } from './staff_helpers';

const BROKEN = { status: 'error', is_resumable: true };
const RUNNING = { status: 'started' };

aStaffPageEachTime();

/** Choose from the menu of the first row. */
async function choose(element: Section, name: string): Promise<void> {
  one(element, '.action-more').click();
  await rendered();
  button(element, name).click();
  await rendered();
}

describe('one attempt', () => {
  test('a reset says what follows, and the harmless button comes first', async () => {
    const element = await list([{ earlier_count: 2 }]);
    await choose(element, 'Reset…');
    expect(texts(element, 'dialog h2')).toEqual(['Reset learner1’s attempts in “Midterm”?']);
    expect(texts(element, '.consequences li')[0]).toMatch(/at the provider: 3$/);
    expect(texts(element, '.harmless')).toEqual(['Keep the attempts']);
    await answer(element, { reason: 'wrong room' });
    expect(changes.sent[0].path).toBe('POST attempts/1/reset/');
    expect(changes.sent[0].body).toEqual({ reason: 'wrong room' });
    expect(texts(element, '.notices p')).toEqual(['The attempts of learner1 in “Midterm” were deleted.']);
    expect(all(element, 'dialog form')).toEqual([]);
  });

  test('a provider that fails: its words in the dialog, nothing typed is lost, the same key again', async () => {
    const element = await list([{}]);
    await choose(element, 'Reset…');
    changes.reply = () => ({ status: 502, body: { detail: 'The provider did not confirm the removal.', code: 'x' } });
    await answer(element, { reason: 'wrong room' });
    expect(texts(element, 'dialog [role="alert"] p')).toEqual(['The provider did not confirm the removal.']);
    expect(one<HTMLTextAreaElement>(element, 'textarea').value).toBe('wrong room');
    changes.reply = () => ({ body: {} });
    await answer(element);
    expect(all(element, 'dialog form')).toEqual([]);
    expect(changes.sent[0].key).toBe(changes.sent[1].key);
    expect(changes.sent[0].key).toHaveLength(32);
  });

  test.each([
    ['down' as const, /^The server did not answer\. Try again/],
    [{ status: 412, body: {} }, /^Somebody else has changed this/],
    [{ status: 429, body: {} }, /^Too many changes/],
    [{ status: 403, body: { code: 'not_authenticated' } }, /^You have been signed out/],
    [{ status: 409, body: { detail: 'The attempt has ended.' } }, /^The attempt has ended\.$/],
    [{ status: 500, body: {} }, /\(500\)/],
  ])('after %o the dialog stays and says why', async (reply, text) => {
    const element = await list([BROKEN]);
    await choose(element, 'Let resume…');
    changes.reply = () => reply;
    await answer(element);
    expect(texts(element, 'dialog [role="alert"] p')[0]).toMatch(text);
  });

  test.each(['', 'x', '1.5', '0', '2000'])('"%s" is no number of minutes', async (minutes) => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    await answer(element, { minutes, reason: '' });
    expect(texts(element, '.error')).toEqual(['Write a whole number of minutes, for example 10.', 'Write a reason.']);
    expect(element.shadowRoot!.activeElement).toBe(one(element, '[name="minutes"]'));
    expect(changes.sent).toEqual([]);
  });

  test.each([
    ['10', { changed: true, gained: 600 }, 'learner1 got 10 min in “Midterm”.'],
    ['-30', { changed: true, gained: -240 }, 'learner1 got -4 min in “Midterm”: one minute is left.'],
    ['10', { changed: false, gained: 0 }, 'The time of learner1 in “Midterm” is as it was.'],
  ])('%s minutes: %j', async (minutes, body, text) => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    changes.reply = () => ({ body });
    await answer(element, { minutes, reason: 'noise' });
    expect(texts(element, '.notices p')).toEqual([text]);
  });

  test('minutes, what came of them, and the way back', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    changes.reply = () => ({ body: { changed: true, gained: 300 } });
    await answer(element, { minutes: '10', reason: 'noise' });
    expect(changes.sent[0].body).toEqual({ seconds: 600, reason: 'noise' });
    expect(texts(element, '.notices p')).toEqual(['learner1 got 5 min in “Midterm”: the due date allows no more.']);
    button(element, 'Undo').click();
    await rendered();
    await answer(element);
    expect(changes.sent[1].body).toEqual({ seconds: -300, reason: 'Added by mistake' });
  });

  test('a pause, and its end by "Undo"', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Pause…');
    changes.reply = () => ({ body: { changed: true } });
    await answer(element, { reason: 'Fire alarm' });
    button(element, 'Undo').click();
    await rendered();
    await answer(element);
    expect(changes.sent.map(({ path }) => path)).toEqual(['POST attempts/1/pause/', 'POST attempts/1/continue/']);
  });

  test('an error of a field is shown there', async () => {
    const element = await list([RUNNING]);
    await choose(element, 'Add minutes…');
    changes.reply = () => ({ status: 400, body: { detail: 'Not valid.', errors: [{ field: 'seconds', detail: 'Too many.' }] } });
    await answer(element, { reason: 'x' });
    expect(texts(element, '.error')).toEqual(['Too many.']);
    expect(all(element, 'dialog [role="alert"]')).toEqual([]);
  });

  test('Escape closes, and the focus goes back', async () => {
    const element = await list([{}]);
    const opener = one(element, '.action-more');
    opener.focus();
    await choose(element, 'Reset…');
    one(element, 'dialog').dispatchEvent(new Event('cancel', { cancelable: true }));
    await rendered();
    expect(all(element, 'dialog form')).toEqual([]);
    expect(element.shadowRoot!.activeElement).toBe(opener);
  });
});

describe('several attempts', () => {
  async function chosen(rows: object[]): Promise<Section> {
    const element = await list(rows);
    const box = one<HTMLInputElement>(element, 'thead input[type="checkbox"]');
    box.checked = true;
    box.dispatchEvent(new Event('change'));
    await rendered();
    return element;
  }

  const ROW = { outcome: 'possible', code: '', seconds: 600, gained: 600, ends_before: null, ends_after: null, is_cut: false };
  const CHANGE = { id: null, total: 2, done: 0, failed: {}, may_be_undone_until: null };

  /** Answers as the server: what would happen, then what has happened. */
  function timeChanges(planned: object[], made: object[], more: object = {}): void {
    changes.reply = ({ body, path }) => {
      if (path.endsWith('/undo/')) return { body: { change: { ...CHANGE, id: 9, done: made.length, total: made.length }, rows: made } };
      if (body.dry_run) return { body: { change: { ...CHANGE, total: planned.length }, rows: planned } };
      return { body: { change: { ...CHANGE, id: 8, total: made.length, done: made.length, ...more }, rows: made } };
    };
  }

  async function extend(element: Section): Promise<void> {
    button(element, 'Add minutes…').click();
    await rendered();
    await answer(element, { minutes: '10', reason: 'Fire alarm' });
  }

  test('get minutes by one request, after a preview with those refused or cut first', async () => {
    const element = await chosen([RUNNING, RUNNING, { status: 'verified' }]);
    const planned = [
      { ...ROW, attempt_id: 1, username: 'learner1' },
      { ...ROW, attempt_id: 2, username: 'learner2', gained: 300, is_cut: true, ends_after: '2026-03-01T13:05:00Z' },
      { ...ROW, attempt_id: 3, username: 'learner3', outcome: 'refused', code: 'ended', gained: 0 },
    ];
    timeChanges(planned, planned.slice(0, 2).map((row) => ({ ...row, outcome: 'done' })), { may_be_undone_until: '2026-03-01T13:10:00Z' });
    await extend(element);
    expect(texts(element, 'dialog h2')).toEqual(['Add minutes to 2 attempts']);
    expect(texts(element, 'dialog .dialog-body > p')).toEqual(['Refused: 1. Cut by the due date: 1.']);
    const [refused, cut, unstarted] = texts(element, 'dialog li');
    expect(refused).toBe('learner3: The attempt has ended.');
    expect(cut).toMatch(/^learner2: Cut by the due date: 5 min more, ends .*\d/);
    expect(unstarted).toBe('learner1: 10 min more when it starts.');
    await answer(element);
    const body = { action: 'extend', attempt_ids: [1, 2, 3], seconds: 600, reason: 'Fire alarm' };
    expect(changes.sent.map((one) => [one.path, one.body])).toEqual([
      ['POST time-changes/', { ...body, dry_run: true }],
      ['POST time-changes/', body],
    ]);
    expect(texts(element, '.notices p')).toEqual(['Done for 2 of 2.']);
    button(element, 'Undo').click();
    await rendered();
    expect(changes.sent[2].path).toBe('POST time-changes/8/undo/');
    expect(texts(element, '.notices p')).toEqual(['Undone for 2 of 2.']);
  });

  test('those that refuse in the end are told, and can be tried again', async () => {
    const element = await chosen([RUNNING, RUNNING]);
    const rows = [
      { ...ROW, attempt_id: 1, username: 'learner1' },
      { ...ROW, attempt_id: 2, username: 'learner2' },
    ];
    timeChanges(rows, [{ ...rows[0], outcome: 'done' }, { ...rows[1], outcome: 'refused', code: 'time_is_over' }]);
    await extend(element);
    await answer(element);
    expect(texts(element, 'dialog h2')).toEqual(['Done for 1 of 2.']);
    expect(texts(element, 'dialog [role="alert"] li')).toEqual(['learner2: The time is over.']);
    expect(texts(element, '.bulk strong')).toEqual(['Selected: 1']);
    await answer(element);
    expect(texts(element, 'dialog h2')).toEqual(['Add minutes to 1 attempt']);
    expect(one<HTMLTextAreaElement>(element, 'dialog textarea').value).toBe('Fire alarm');
  });

  test('where none would change, nothing can be sent but the way back', async () => {
    const element = await chosen([RUNNING]);
    timeChanges([{ ...ROW, attempt_id: 1, username: 'learner1', outcome: 'refused', code: 'new_code' }], []);
    await extend(element);
    expect(texts(element, 'dialog h2')).toEqual(['No attempt would change']);
    expect(texts(element, 'dialog li')).toEqual(['learner1: The server refused this (new_code).']);
    await answer(element);
    expect(one<HTMLInputElement>(element, '[name="minutes"]').value).toBe('10');
    expect(changes.sent).toHaveLength(1);
  });

  test('all running attempts of an exam are paused by the worker, which tells how far it has come', async () => {
    const element = await list([RUNNING], 'exam=7');
    api(({ path }) => (path === 'time-changes/8/' ? { body: { ...CHANGE, id: 8, total: 900, done: 900, failed: { 5: 'It has ended.' } } } : pageOf(attempt(1, RUNNING))));
    button(element, 'All running attempts of the exam').click();
    await rendered();
    button(element, 'Pause all who run…').click();
    await rendered();
    const planned = [{ ...ROW, attempt_id: 1, username: 'learner1' }];
    changes.reply = ({ body }) =>
      body.dry_run ? { body: { change: { ...CHANGE, total: 900 }, rows: planned } } : { status: 202, body: { change: { ...CHANGE, id: 8, total: 900, done: 0 }, rows: [] } };
    await answer(element, { reason: 'Fire alarm' });
    expect(texts(element, 'dialog .hint')).toEqual(['The first 1 of 900 attempts are shown.']);
    await answer(element);
    expect(changes.sent[1].body).toEqual({ action: 'pause', exam: 7, reason: 'Fire alarm' });
    expect(texts(element, '.notices p')).toEqual(['The attempts are being changed: 0 of 900.']);
    await vi.advanceTimersByTimeAsync(5000);
    await rendered();
    expect(texts(element, '.notices p')).toEqual(['Done for 899 of 900.']);
    expect(texts(element, 'dialog li')).toEqual(['Attempt 5: It has ended.']);
  });

  function deeds(...outcomes: [outcome: string, detail: string][]): void {
    const row = (id: number) => ({ attempt_id: id, username: `learner${id}`, exam_name: 'Midterm' });
    changes.reply = ({ body }) => {
      const ids = body.attempt_ids as number[];
      if (body.dry_run) return { body: { results: ids.map((id) => ({ ...row(id), outcome: id > 2 ? 'failed' : 'possible', detail: id > 2 ? 'It runs.' : '' })) } };
      return { status: 207, body: { results: ids.map((id, index) => ({ ...row(id), outcome: outcomes[index][0], detail: outcomes[index][1] })) } };
    };
  }

  async function begin(element: Section, name: string): Promise<void> {
    all(element, '.bulk button').find((one) => one.textContent!.includes(name))!.click();
    await rendered();
  }

  test('without failures the dialog closes', async () => {
    const element = await chosen([BROKEN]);
    deeds(['done', '']);
    await begin(element, 'Let resume');
    await answer(element);
    expect(all(element, 'dialog form')).toEqual([]);
    expect(changes.sent.map(({ path, body }) => [path, body])).toEqual([
      ['POST attempts/actions/', { action: 'resume', attempt_ids: [1], dry_run: true }],
      ['POST attempts/actions/', { action: 'resume', attempt_ids: [1], reason: '' }],
    ]);
    expect(texts(element, '.notices p')).toEqual(['Done for 1 of 1.']);
    expect(all(element, '.bulk')).toEqual([]);
  });

  test('what the server would refuse is said before, what it refused or had no time for after', async () => {
    const element = await chosen([{}, {}, {}]);
    deeds(['failed', 'The provider is down.'], ['not_tried', '']);
    await begin(element, 'Reset');
    expect(texts(element, 'dialog h2')).toEqual(['Reset 2 learners’ attempts']);
    expect(texts(element, 'dialog li')[0]).toBe('learner3 · Midterm: It runs.');
    await answer(element, { reason: 'wrong room' });
    expect(texts(element, 'dialog [role="alert"] li')).toEqual([
      'learner1 · Midterm: The provider is down.',
      'learner2 · Midterm: Not tried: the server had no time left.',
    ]);
    await answer(element);
    expect(one<HTMLTextAreaElement>(element, 'dialog textarea').value).toBe('wrong room');
  });

  test('a preview that fails is told', async () => {
    const element = await chosen([{}]);
    changes.reply = () => 'down';
    await begin(element, 'Reset');
    expect(texts(element, '.notices p')[0]).toMatch(/^The server did not answer/);
    expect(all(element, 'dialog form')).toEqual([]);
  });
});
