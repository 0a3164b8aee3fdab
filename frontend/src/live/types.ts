// Types of the REST interface's data about learners in an exam.

export type Group = 'attention' | 'running' | 'setting_up' | 'ended';
export type Only = Group | 'silent' | 'paused';
export type Order = 'attention' | 'time_left' | 'name';

export interface Attention {
  code: string;
  since: string | null;
  text: string; // of the question that the learner asks
}

export interface LiveRow {
  attempt_id: number;
  user: { id: number; username: string; email: string };
  exam: { id: number; exam_name: string };
  room: string;
  status: string;
  group: Group;
  attention: Attention[];
  time_left_seconds: number | null; // at the answer's `server_time`
  ends_at: string | null;
  total_seconds: number | null; // from start to end, without pauses
  paused_at: string | null;
  pause_until: string | null;
  on_break: boolean;
  extra: { minutes: number; seconds_added: number };
  seen_at: string | null;
  silent: boolean;
  shows_messages: boolean;
  provider: { name: string; label: string; reachable: boolean | null } | null;
  flags: number;
  question: { id: number; text: string; asked_at: string } | null;
}

export interface Outage {
  provider: string;
  name: string;
  since: string | null;
  cannot_start: number;
  unwatched: number;
  last_try: string | null;
}

export type Counts = Record<Only, number>;

export interface Answer {
  server_time: string;
  cursor: string;
  complete: boolean;
  poll_seconds: number;
  counts: Counts;
  exams: { id: number; exam_name: string }[];
  rooms: string[];
  may_manage: boolean;
  rows: LiveRow[];
  gone: number[];
  order: number[];
  seen: (number | null)[]; // of each in `order`: seconds from the last poll of the page to `server_time`
  outages: Outage[];
}

/** To whom a message goes. */
export type Recipients = { attempt_ids: number[] } | { exam_id: number } | { room: string } | { all: true };

export interface Announced {
  id: number;
  text: string;
  by: string;
  at: string;
  audience: { kind: 'attempts' | 'exam' | 'room' | 'all'; exam_id: number | null; room: string; username: string };
  total: number;
  seen: number;
  unseen?: string[];
  withdrawn?: boolean;
  cannot_show?: number;
}

export interface Room {
  name: string;
  learners: number;
  invigilators: { id: number; username: string }[];
}
