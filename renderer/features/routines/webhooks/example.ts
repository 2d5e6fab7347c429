import type { WebhookFacts } from "../../../../preload/contract/webhooks.ts";

const BODY = '{"branch": "main"}';
/** Where the operator keeps the signing key: a file, because arguments of processes can be read by others. */
const KEY_FILE = "webhook.key";

/** Commands of a shell that send a delivery. The signing key stands in a file beside them, never in the commands. */
export function exampleOf({ address, signingMode }: Pick<WebhookFacts, "address" | "signingMode">): string {
  const post = `curl ${address} -H 'Content-Type: application/json'`;
  switch (signingMode) {
    case "none":
      return `${post} -d '${BODY}'`;
    case "bearer":
      return [
        `printf 'header = "Authorization: Bearer %s"\\n' "$(cat ${KEY_FILE})" |`,
        `  ${post} --config - -d '${BODY}'`,
      ].join("\n");
    case "github_hmac":
      return [
        `body='${BODY}'`,
        `signature=${signed('"$body"')}`,
        `${post} \\`,
        `  -H "X-Hub-Signature-256: sha256=$signature" -H "X-GitHub-Delivery: $(date +%s%N)" -d "$body"`,
      ].join("\n");
    case "hmac_sha256":
      return [
        `body='${BODY}'; now=$(date +%s)`,
        `signature=${signed('"$now.$body"')}`,
        `${post} \\`,
        `  -H "X-Paperclip-Timestamp: $now" -H "X-Paperclip-Signature: sha256=$signature" -d "$body"`,
      ].join("\n");
  }
}

function signed(text: string): string {
  const program =
    'import hmac,sys; print(hmac.new(open(sys.argv[1],"rb").read().strip(), sys.argv[2].encode(), "sha256").hexdigest())';
  return `$(python3 -c '${program}' ${KEY_FILE} ${text})`;
}
