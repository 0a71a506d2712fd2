const END = 0x06054b50;
const ENTRY = 0x02014b50;
/** 1 January 1980, the first day that the format knows. */
const NO_TIME = 0x00210000;

/**
 * A ZIP archive without the instant at which it was made, so that the same content gives the same bytes (PKWARE
 * APPNOTE §4.3.7, §4.3.12, §4.3.16). Changes the buffer that is given; archives with a comment are not known here.
 * @throws when it is no such archive
 */
export function withoutTimes(archive: Buffer): Buffer {
  const end = archive.length - 22;
  if (end < 0 || archive.readUInt32LE(end) !== END) throw new Error('not a ZIP archive');
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new Error('not a ZIP archive');
    archive.writeUInt32LE(NO_TIME, at + 12);
    archive.writeUInt32LE(NO_TIME, archive.readUInt32LE(at + 42) + 10);
    at += 46 + archive.readUInt16LE(at + 28) + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return archive;
}
