// The possible recipients of an announcement, and the default.

import { formatNumber, gettext, interpolate } from '../staff/i18n';
import type { BoardQuery } from './feed';
import type { Answer, LiveRow, Recipients } from './types';

export interface Audience {
  value: string;
  label: string;
  to: Recipients;
  count: number; // of the learners on the board, as far as they are shown
}

interface Shown {
  answer: Answer | null;
  rows: LiveRow[];
  query: BoardQuery;
}

export function audiencesOf({ answer, rows, query }: Shown): Audience[] {
  const { exams = [], rooms = [] } = answer ?? {};
  const isWhole = !query.exam && !query.room && !query.only && !query.search;
  const there = rows.filter(({ group }) => group !== 'ended');
  const one = (value: string, name: string, to: Recipients, has: (row: LiveRow) => boolean): Audience => {
    const count = there.filter(has).length;
    return { value, label: isWhole ? `${name} (${formatNumber(count)})` : name, to, count };
  };
  const ofExam = ({ id, exam_name: exam }: { id: number; exam_name: string }) =>
    one(`exam:${id}`, interpolate(gettext('Everybody in {exam}'), { exam }), { exam_id: id }, (row) => row.exam.id === id);
  const everybody = one('all', gettext('Everybody in all exams'), { all: true }, () => true);
  return [
    ...exams.map(ofExam),
    ...rooms.map((room) => one(`room:${room}`, room, { room }, (row) => row.room === room)),
    ...(exams.length === 1 ? [] : [everybody]),
  ];
}

/** The exam or room by which the board is filtered, else the exam with most learners. */
export function preferred(audiences: Audience[], { exam, room }: BoardQuery): Audience | undefined {
  const limited = audiences.find(({ value }) => value === (exam ? `exam:${exam}` : `room:${room}`));
  const exams = audiences.filter(({ value }) => value.startsWith('exam:'));
  const fullest = exams.reduce<Audience | undefined>((best, one) => (best && best.count >= one.count ? best : one), undefined);
  return limited ?? fullest ?? audiences[0];
}
