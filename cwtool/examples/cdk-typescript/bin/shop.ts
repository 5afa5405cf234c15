import { App } from "aws-cdk-lib";
import { ShopMonitoring } from "../lib/shop-monitoring.ts";

const app = new App();
new ShopMonitoring(app, "ShopMonitoring", { env: { account: "111122223333", region: "eu-west-1" } });
