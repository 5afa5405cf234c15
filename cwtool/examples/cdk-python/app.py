import aws_cdk as cdk

from shop.monitoring import ShopMonitoring

app = cdk.App()
ShopMonitoring(app, "ShopMonitoring", env=cdk.Environment(account="111122223333", region="eu-west-1"))
app.synth()
