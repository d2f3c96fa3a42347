export const CLOUDTRAIL_PLACE = {
  account: "210987654321",
  region: "eu-central-1",
  accessKeyId: "AKIABENCHBENCH000001",
} as const;
