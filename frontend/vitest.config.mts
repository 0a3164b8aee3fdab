import { defineConfig } from 'vitest/config';

process.env.TZ = 'Asia/Tokyo'; // so that times of readers and of servers differ

export default defineConfig({
  server: { fs: { allow: ['..'] } }, // what is built is tested, too
  test: { environment: 'jsdom', include: ['tests/*.test.ts'], restoreMocks: true },
});
