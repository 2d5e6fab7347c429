/**
 * What services put at the front of the credentials that they give out, and what each is called. Tried on every piece of
 * a value. Each is anchored and made of runs that cannot overlap, so that it takes time in proportion to the piece.
 */
export const TOKEN_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^gh[pousr]_[A-Za-z0-9]{16,}$/, "a GitHub token"],
  [/^github_pat_[A-Za-z0-9_]{16,}$/, "a GitHub token"],
  [/^gl(?:pat|dt|rt|ptt|oas|cbt|ft|imt|agent)-[A-Za-z0-9_.-]{16,}$/, "a GitLab token"],
  [/^sk-ant-[A-Za-z0-9_-]{16,}$/, "an Anthropic API key"],
  [/^sk-[A-Za-z0-9_-]{16,}$/, "an API key"],
  [/^(?:gsk_|xai-|pplx-|nvapi-|r8_)[A-Za-z0-9_-]{30,}$/, "an API key"],
  [/^(?:[rs]k_(?:live|test)_|whsec_)[A-Za-z0-9+]{10,}$/, "a Stripe key"],
  [/^(?:AKIA|ASIA)[A-Z0-9]{16}$/, "an AWS access key"],
  [/^xox[a-z]-[A-Za-z0-9-]{8,}$/, "a Slack token"],
  [/^xapp-[A-Za-z0-9-]{16,}$/, "a Slack token"],
  [/^AIza[A-Za-z0-9_-]{30,}$/, "a Google API key"],
  [/^GOCSPX-[A-Za-z0-9_-]{16,}$/, "a Google client secret"],
  [/^ya29\.[A-Za-z0-9_-]{20,}$/, "a Google access token"],
  [/^npm_[A-Za-z0-9]{30,}$/, "an npm token"],
  [/^pypi-[A-Za-z0-9_-]{40,}$/, "a PyPI token"],
  [/^rubygems_[a-f0-9]{40,}$/, "a RubyGems key"],
  [/^dckr_pat_[A-Za-z0-9_-]{16,}$/, "a Docker token"],
  [/^SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}$/, "a SendGrid key"],
  [/^SK[0-9a-f]{32}$/, "a Twilio key"],
  [/^key-[0-9a-f]{32}$/, "a Mailgun key"],
  [/^[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}$/, "a Discord token"],
  [/^hf_[A-Za-z0-9]{30,}$/, "a Hugging Face token"],
  [/^do[opr]_v1_[a-f0-9]{32,}$/, "a DigitalOcean token"],
  [/^lin_(?:api|oauth)_[A-Za-z0-9]{32,}$/, "a Linear key"],
  [/^shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}$/, "a Shopify token"],
  [/^ATATT3[A-Za-z0-9_-]{20,}$/, "an Atlassian token"],
  [/^(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43})$/, "a Notion token"],
  [/^figd_[A-Za-z0-9_-]{30,}$/, "a Figma token"],
  [/^PMAK-[A-Za-z0-9-]{40,}$/, "a Postman key"],
  [/^dapi[a-f0-9]{32}$/, "a Databricks token"],
  [/^hv[sbr]\.[A-Za-z0-9_-]{20,}$/, "a Vault token"],
  [/^gl(?:sa|c)_[A-Za-z0-9_]{30,}$/, "a Grafana token"],
  [/^sntry[su]_[A-Za-z0-9_]{30,}$/, "a Sentry token"],
  [/^tskey-[A-Za-z0-9-]{16,}$/, "a Tailscale key"],
  [/^dp\.(?:pt|st|ct|sa)\.[A-Za-z0-9_.-]{20,}$/, "a Doppler token"],
  [/^AGE-SECRET-KEY-1[A-Z0-9]{50,}$/, "an age secret key"],
  [/^eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*$/, "a signed token"],
];

/** Credentials whose shape needs the whole value, since they hold characters that part its pieces. */
export const WHOLE_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^\d{8,10}:[A-Za-z0-9_-]{35}$/, "a Telegram bot token"],
  [/^A[KS]IA[A-Z0-9]{16}[:,;\s][A-Za-z0-9/+]{40}$/, "a pair of AWS keys"],
  [/^https:\/\/hooks\.slack\.com\/(?:services|workflows)\/[A-Za-z0-9_/-]{20,}$/, "a Slack webhook address"],
  [/^https:\/\/(?:\w{1,10}\.)?discord(?:app)?\.com\/api\/webhooks\/\d{1,25}\/[\w-]{20,}$/, "a Discord webhook address"],
  [/^(?:authorization:\s?)?(?:bearer|basic)\s[\w.~+/=-]{8,}$/i, "an authorization header"],
  [/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/, "a private key"],
];

/** What parts a value into the pieces that a token may be one of. */
export const BETWEEN_PIECES = /[\s"'`,;=:@/?&#<>(){}[\]|\\]+/;
