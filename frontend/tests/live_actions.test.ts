import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { visible } from './helpers';
import { NOW, ago, board, liveServer, mountBoard, row, silent } from './live_helpers';
import { all, answer, button, one, rendered, texts } from './staff_helpers';

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(NOW) });
  visible(true);
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) { this.open = true; };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) { this.open = false; };
});
afterEach(() => {
  document.body.replaceChildren();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
vi.setConfig({ testTimeout: 20_000 });

const SENT = { id: 5, text: 'x', by: 'pat', at: NOW, audience: { kind: 'exam' as const, exam_id: 7, room: '', username: '' }, total: 3, seen: 0, cannot_show: 1 };
const menuItem = (element: Element, name: string) => one(element, `.menu-item[data-action="${name}"]`);

async function openMenu(element: Element, label: string): Promise<void> {
  button(element, label).click();
  await rendered();
}

test('a message to one learner, with a ready-made text and an undo', async () => {
  const server = liveServer([silent(1)]);
  server.change = ({ call }) => (call.startsWith('DELETE') ? { status: 204 } : { status: 201, body: SENT });
  const element = await mountBoard();
  button(element, 'Message learner1').click();
  await rendered();
  expect(texts(element, 'dialog h2')).toEqual(['Message to learner1']);
  await answer(element);
  expect(texts(element, 'dialog .error span')).toEqual(['Write a message.']);
  button(element, 'Are you still there?').click();
  await rendered();
  await answer(element);
  const [posted] = server.changes();
  expect([posted.call, posted.body]).toEqual(['POST live/announcements/', { text: 'Are you still there?', to: { attempt_ids: [1] } }]);
  expect(posted.key).toBeTruthy();
  expect(texts(element, '.notice p')).toEqual(['Sent to 3. Pages that cannot show messages: 1.']);
  button(element, 'Undo').click();
  await rendered();
  expect(server.changes()[1].call).toBe('DELETE live/announcements/5/');
  expect(texts(element, '.notice p')).toEqual(['The message was taken back.']);
});

test('the answer to a question names the question', async () => {
  const server = liveServer([row(1, { group: 'attention', question: { id: 9, text: 'Why?', asked_at: ago(60) }, attention: [{ code: 'asks', since: ago(60), text: 'Why?' }] })]);
  server.change = () => ({ status: 201, body: SENT });
  const element = await mountBoard();
  button(element, 'Answer learner1').click();
  await rendered();
  await answer(element, { text: 'Because.' });
  expect(server.changes()[0].body).toEqual({ text: 'Because.', to: { attempt_ids: [1] }, answers: 9 });
});

test('an announcement goes to the exam with most learners, unless the board is filtered by exam or room', async () => {
  const exams = [7, 8].map((id) => ({ id, exam_name: `Exam ${id}` }));
  const rows = [row(1), row(2, { exam: exams[1] }), row(3, { exam: exams[1] }), row(4, { group: 'ended' })];
  const server = liveServer(rows);
  server.reply = () => ({ body: board(rows, { exams }), etag: '"1"' });
  const element = await mountBoard();
  const chosen = () => one<HTMLSelectElement>(element, '#audience').value;
  expect(texts(element, '#audience option')).toEqual(['Everybody in Exam 7 (1)', 'Everybody in Exam 8 (2)', 'Room A (3)', 'Room B (0)', 'Everybody in all exams (3)']);
  expect(chosen()).toBe('exam:8');
  const limit = async (name: string, value: string) => {
    const filter = one<HTMLSelectElement>(element, `select[name="${name}"]`);
    filter.value = value;
    filter.dispatchEvent(new Event('change'));
    await rendered();
  };
  await limit('room', 'Room B');
  expect(chosen()).toBe('room:Room B');
  const text = one<HTMLTextAreaElement>(element, '#announcement');
  text.value = 'Phones off.';
  text.dispatchEvent(new Event('input'));
  await limit('exam', '7');
  expect(chosen()).toBe('room:Room B'); // somebody is writing to them
});

test('an announcement to a room; what was typed stays after a failure, and the next try has the same key', async () => {
  const server = liveServer([row(1)]);
  const element = await mountBoard();
  server.change = () => 'down';
  const text = one<HTMLTextAreaElement>(element, '#announcement');
  const form = text.closest('form')!;
  const submit = async () => {
    form.dispatchEvent(new Event('submit', { cancelable: true }));
    await rendered();
  };
  await submit();
  expect(texts(element, '.field .error span')).toEqual(['Write a message.']);
  expect(texts(element, '#audience option')).toEqual(['Everybody in Midterm (1)', 'Room A (1)', 'Room B (0)']);
  text.value = 'Phones off.';
  text.dispatchEvent(new Event('input'));
  const audience = one<HTMLSelectElement>(element, '#audience');
  audience.value = 'room:Room B';
  audience.dispatchEvent(new Event('change'));
  await submit();
  expect(text.value).toBe('Phones off.');
  expect(texts(element, '.field .error span')[0]).toMatch(/^The server did not answer/);
  server.change = () => ({ status: 201, body: SENT });
  server.announced = [{ ...SENT, text: 'Phones off.', audience: { kind: 'room', exam_id: null, room: 'Room B', username: '' }, seen: 2, unseen: ['jo'] }];
  await submit();
  const [first, second] = server.changes();
  expect(second.body).toEqual({ text: 'Phones off.', to: { room: 'Room B' } });
  expect(second.key).toBe(first.key);
  expect(text.value).toBe('');
  expect(texts(element, '.feed .seen')).toEqual(['2 of 3 have seen it· not yet: jo']);
  expect(texts(element, '.feed .meta')[0]).toMatch(/ · pat · Room B$/);
});

test('the button that selects one running learner does not say all', async () => {
  liveServer([row(1), row(2, { group: 'ended', status: 'submitted' })]);
  const element = await mountBoard();
  all(element, 'tbody input')[0].click();
  await rendered();
  expect(texts(element, '.bulk .link')[0]).toBe('Select 1 running');
});

test('adds minutes for one, for selected and for all running learners of an exam', async () => {
  const server = liveServer([row(1), row(2)]);
  const result = (ids: number[]) => ({ body: { change: { id: 3, total: ids.length, done: ids.length, failed: {}, may_be_undone_until: null }, rows: ids.map((id) => ({ attempt_id: id, username: `learner${id}`, outcome: 'possible', code: '', gained: 600, ends_before: NOW, ends_after: NOW, is_cut: id === 2 })) } });
  server.change = () => result([1, 2]);
  const element = await mountBoard();
  button(element, 'Add minutes for learner1').click();
  await rendered();
  await answer(element, { reason: 'Fire alarm' });
  expect(server.changes()[0].body).toEqual({ action: 'extend', attempt_ids: [1], seconds: 600, reason: 'Fire alarm', dry_run: true });
  button(element, 'Cancel').click();
  await rendered();
  all(element, 'tbody input')[0].click();
  await rendered();
  button(element, 'Select all 2 running').click();
  await rendered();
  button(element, 'Add minutes…').click();
  await rendered();
  await answer(element, { reason: 'Fire alarm' });
  expect(server.changes()[1].body).toMatchObject({ attempt_ids: [1, 2], dry_run: true });
  expect(texts(element, 'dialog h2')).toEqual(['Add minutes to 2 attempts']);
  await answer(element);
  expect(server.changes()[2].body).not.toHaveProperty('dry_run');
  expect(texts(element, '.notice p')).toEqual(['Done for 2 of 2.']);
  await openMenu(element, 'More actions');
  menuItem(element, 'pause').click();
  await rendered();
  await answer(element, { reason: 'Fire alarm' });
  expect(server.changes()[3].body).toEqual({ action: 'pause', exam: 7, reason: 'Fire alarm', dry_run: true });
});

test('pauses with undo, and ends with a reason', async () => {
  const server = liveServer([row(1)]);
  server.change = ({ call }) => ({ body: call.endsWith('actions/') ? { results: [{ outcome: 'done', detail: '' }] } : { rows: [{ outcome: 'done', code: '', gained: 0 }] } });
  const element = await mountBoard();
  button(element, 'Pause learner1’s exam').click();
  await rendered();
  await answer(element, { reason: 'Fire alarm' });
  expect(server.changes()[0]).toMatchObject({ call: 'POST live/time-changes/', body: { action: 'pause', attempt_ids: [1], reason: 'Fire alarm' } });
  expect(texts(element, '.notice p')).toEqual(['learner1 is paused.']);
  button(element, 'Undo').click();
  await rendered();
  await answer(element);
  expect(server.changes()[1].body).toMatchObject({ action: 'continue', attempt_ids: [1] });
  await openMenu(element, 'More for learner1');
  expect(texts(element, '.menu-item')).toEqual(['Open attempt and timeline', 'Move to another room…', 'End attempt…']);
  menuItem(element, 'end').click();
  await rendered();
  await answer(element, { reason: 'Left the room' });
  expect(server.changes()[2]).toMatchObject({ call: 'POST live/actions/', body: { action: 'end', attempt_ids: [1], reason: 'Left the room' } });
});

test('an attempt that has ended meanwhile is reported and not changed', async () => {
  const server = liveServer([row(1)]);
  server.change = () => ({ body: { rows: [{ outcome: 'refused', code: 'ended', gained: 0 }] } });
  const element = await mountBoard();
  button(element, 'Pause learner1’s exam').click();
  await rendered();
  await answer(element, { reason: 'x' });
  expect(texts(element, 'dialog .banner p')).toEqual(['The attempt has ended.']);
});

test('rooms: learners and invigilators, with the result of each', async () => {
  const server = liveServer([row(1)]);
  const rooms = { rooms: [{ name: 'Room A', learners: 2, invigilators: [{ id: 4, username: 'pat' }] }] };
  server.change = ({ call, body }) => {
    if (call === 'GET live/rooms/') return { body: rooms };
    if (call === 'POST live/rooms/') return { body: { results: body.usernames.map((username: string) => ({ username, outcome: username === 'who' ? 'unknown' : 'seated' })) } };
    return { status: 201, body: {} };
  };
  const element = await mountBoard();
  await openMenu(element, 'More actions');
  menuItem(element, 'rooms').click();
  await rendered();
  expect(texts(element, 'dialog li')).toEqual(['Room A: learners: 2 pat']);
  await answer(element, { room: 'Room B', learners: 'jo, who', invigilators: 'lee' });
  expect(server.changes().map(({ call, body }) => [call, body])).toEqual([
    ['POST live/rooms/', { name: 'Room B', usernames: ['jo', 'who'] }],
    ['POST live/invigilators/', { room: 'Room B', username: 'lee' }],
  ]);
  expect(texts(element, 'dialog h2')).toEqual(['Done for 2 of 3.']);
  expect(texts(element, 'dialog li')).toEqual(['who: Nobody in this course has this username.']);
  await answer(element);
  await openMenu(element, 'More for learner1');
  menuItem(element, 'room').click();
  await rendered();
  await answer(element, { room: '' });
  expect(server.changes()[2].body).toEqual({ name: '', usernames: ['learner1'] });
});

test('an invigilator sees neither rooms nor lost time', async () => {
  liveServer([row(1)], { may_manage: false, outages: [{ provider: 'northgate', name: 'Northgate', since: ago(1620), cannot_start: 8, unwatched: 9, last_try: ago(20) }] });
  const element = await mountBoard();
  await openMenu(element, 'More actions');
  expect(all(element, '.menu-item').map(({ dataset }) => dataset.action)).toEqual(['extend', 'pause', 'continue', 'log']);
  expect(texts(element, '.live > .banner button')).toEqual(['Tell the learners (17)']);
});

test('an outage: announces it to affected learners, and credits lost time after a preview', async () => {
  const concerned = row(8, { provider: { name: 'northgate', label: 'Northgate', reachable: false }, group: 'attention', attention: [{ code: 'unwatched', since: ago(1620), text: '' }] });
  const outage = { provider: 'northgate', name: 'Northgate', since: ago(1620), cannot_start: 8, unwatched: 9, last_try: ago(20) };
  const server = liveServer([row(1)], { outages: [outage] });
  const element = await mountBoard({ query: 'room=Room+A' });
  expect(texts(element, '.live > .banner strong')[0]).toMatch(/^Northgate unreachable since .* \(27 min\)\.$/);
  server.reply = ({ query }) => ({ body: board(query.has('room') ? [row(1)] : [row(1), concerned], { outages: [outage] }) });
  button(element, 'Tell the learners (17)').click();
  await rendered();
  server.change = () => ({ status: 201, body: SENT });
  await answer(element, { text: 'Go on, we know.' });
  expect(server.changes()[0].body.to).toEqual({ attempt_ids: [8] });
  const lost = { attempt_id: 8, username: 'alex', seconds: 1620, gained: 420, ends_after: NOW, is_cut: true, refused: '' };
  server.change = ({ call }) => {
    if (call.endsWith('credit/')) return { body: { outage: { total: 1 }, attempts: [{ username: 'alex', outcome: 'credited', gained: 420 }] } };
    return { body: call.endsWith('preview/') ? { count: 2, results: [lost, { ...lost, attempt_id: 9, username: 'dana', seconds: 0, gained: 0, is_cut: false, refused: 'nothing_lost' }] } : { id: 3 } };
  };
  button(element, 'Credit the lost time…').click();
  await rendered();
  await answer(element);
  expect(server.changes()[1]).toMatchObject({ call: 'POST outages/preview/', body: { provider: 'northgate', began_at: ago(1620), whole: false, reason: 'Northgate unreachable' } });
  expect(texts(element, 'dialog tbody td')).toContain('7 min, cut by the due date');
  expect(texts(element, 'dialog h2')).toEqual(['Credit 1 attempt']);
  await answer(element);
  expect(server.changes()[2]).toMatchObject({ call: 'POST outages/', body: server.changes()[1].body });
  expect(server.changes()[3].call).toBe('POST outages/3/credit/');
  expect(texts(element, '.notice p')).toEqual(['Done for 1 of 1.']);
});
