import fc from "fast-check";
import { expect, test } from "vitest";
import { keychainName, readKeychainError } from "../../../main/secrets/keychain-failure.ts";

const platforms = ["linux", "darwin", "win32"] as const;

test.each([
  ["Cannot autolaunch D-Bus without X11 $DISPLAY", "linux", "no_bus"],
  ["Could not connect: No such file or directory", "linux", "no_bus"],
  ["The name org.freedesktop.secrets was not provided by any .service files", "linux", "no_service"],
  ["Object does not exist at path “/org/freedesktop/secrets/collection/login”", "linux", "no_keyring"],
  ["Cannot create an item in a locked collection", "linux", "locked"],
  ["Timeout was reached", "linux", "timed_out"],
  ["User interaction is not allowed.", "darwin", "locked"],
  ["User canceled the operation.", "darwin", "denied"],
  ["Access is denied.", "win32", "denied"],
  ["The disk of the keyring burns", "linux", "failed"],
] as const)("%s (%s) is %s", (text, platform, reason) => {
  expect(readKeychainError(text, platform)).toMatchObject({ reason });
});

test("whatever a keychain says, there is a sentence on one line and a next step", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), fc.constantFrom(...platforms), (text, platform) => {
      const { message, next } = readKeychainError(text, platform);
      expect(message).toMatch(/^The .+\.$/s);
      expect(message.length).toBeLessThan(400);
      expect(message).not.toContain("\n");
      expect(next).toMatch(/\.$/);
    }),
  );
});

test("each system's keychain has the name that its users know", () => {
  expect(platforms.map(keychainName)).toEqual([
    "Secret Service keyring",
    "macOS Keychain",
    "Windows Credential Manager",
  ]);
});
